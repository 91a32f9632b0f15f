#include "refrain/models/text/caret_context.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace refrain {
namespace {

enum class Kind : std::uint8_t {
  kLetter,  // also digits, and characters of scripts that are not known here
  kApostrophe,
  kSentenceEnd,
  kClosing,
  kOpening,
  kSpace,
  kNewLine,
  kSymbol,
};

struct CodePoint {
  char32_t value;
  std::size_t length;
};

constexpr char32_t kReplacement = 0xFFFD;

std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

// A byte that begins no whole sequence stands alone as a replacement character, so that the scan
// always moves on and never reads past the end.
CodePoint decode(std::string_view text, std::size_t at) {
  constexpr std::array<unsigned, 5> kLeadMask{0, 0x7F, 0x1F, 0x0F, 0x07};
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t length = sequence_length(lead);
  if (length == 0 || at + length > text.size()) return {kReplacement, 1};
  char32_t value = lead & kLeadMask.at(length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[at + i]);
    if ((next & 0xC0U) != 0x80U) return {kReplacement, 1};
    value = (value << 6U) | (next & 0x3FU);
  }
  return {value, length};
}

Kind ascii_kind(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_') {
    return Kind::kLetter;
  }
  constexpr std::string_view kSentenceEnds = ".!?";
  constexpr std::string_view kClosings = ")]}\"";
  constexpr std::string_view kOpenings = "([{";
  constexpr std::string_view kNewLines = "\n\r\v\f";
  if (c == '\'') return Kind::kApostrophe;
  if (c == ' ' || c == '\t') return Kind::kSpace;
  if (kNewLines.find(c) != std::string_view::npos) return Kind::kNewLine;
  if (kSentenceEnds.find(c) != std::string_view::npos) return Kind::kSentenceEnd;
  if (kClosings.find(c) != std::string_view::npos) return Kind::kClosing;
  if (kOpenings.find(c) != std::string_view::npos) return Kind::kOpening;
  return Kind::kSymbol;
}

struct KindRange {
  char32_t first;
  char32_t last;
  Kind kind;
};

// In the order of the code points. What is in no range is a letter. Unicode 15 block names beside
// each.
constexpr KindRange kRanges[] = {
    {0x0080, 0x009F, Kind::kSymbol},  // controls
    {0x00A0, 0x00A0, Kind::kSpace},   // no-break space
    {0x00A1,
     0x00A9,
     Kind::kSymbol},  // Latin-1 punctuation and symbols, less the letters among them
    {0x00AB, 0x00AB, Kind::kOpening},      //
    {0x00AC, 0x00B4, Kind::kSymbol},       //
    {0x00B6, 0x00B9, Kind::kSymbol},       //
    {0x00BB, 0x00BB, Kind::kClosing},      //
    {0x00BC, 0x00BF, Kind::kSymbol},       //
    {0x2000, 0x200B, Kind::kSpace},        // General Punctuation
    {0x200C, 0x2017, Kind::kSymbol},       //
    {0x2018, 0x2018, Kind::kOpening},      //
    {0x2019, 0x2019, Kind::kApostrophe},   //
    {0x201A, 0x201C, Kind::kOpening},      //
    {0x201D, 0x201D, Kind::kClosing},      //
    {0x201E, 0x2025, Kind::kSymbol},       //
    {0x2026, 0x2026, Kind::kSentenceEnd},  //
    {0x2027, 0x2027, Kind::kSymbol},       //
    {0x2028, 0x2029, Kind::kNewLine},      //
    {0x202A, 0x202E, Kind::kSymbol},       //
    {0x202F, 0x202F, Kind::kSpace},        //
    {0x2030, 0x2BFF, Kind::kSymbol},       // to Miscellaneous Symbols and Arrows
    {0x3000, 0x3000, Kind::kSpace},        // CJK Symbols and Punctuation
    {0x3001, 0x3001, Kind::kSymbol},       //
    {0x3002, 0x3002, Kind::kSentenceEnd},  //
    {0x3003, 0x3004, Kind::kSymbol},       //
    {0x3008, 0x3020, Kind::kSymbol},       //
    {0xFE00, 0xFE0F, Kind::kSymbol},       // Variation Selectors
    {0xFEFF, 0xFEFF, Kind::kSymbol},       // byte order mark
    {0xFF01, 0xFF01, Kind::kSentenceEnd},  // Halfwidth and Fullwidth Forms
    {0xFF1F, 0xFF1F, Kind::kSentenceEnd},  //
    {0x1F000, 0x1FAFF, Kind::kSymbol},     // Mahjong Tiles to Symbols and Pictographs Extended-A
    {0xE0000, 0xE007F, Kind::kSymbol},     // Tags
};

Kind kind_of(char32_t value) {
  if (value < 0x80) return ascii_kind(static_cast<char>(value));
  const std::span<const KindRange> ranges(kRanges);
  const auto range = std::ranges::lower_bound(ranges, value, {}, &KindRange::last);
  return range != ranges.end() && value >= range->first ? range->kind : Kind::kLetter;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

/// Reads a text once from its beginning, keeping the last words of the current sentence.
class CaretContext::Scanner {
public:
  explicit Scanner(std::string_view text) : text_(text) {}

  void scan() {
    while (at_ < text_.size()) {
      const CodePoint point = decode(text_, at_);
      last_kind_ = kind_of(point.value);
      take(last_kind_, text_.substr(at_, point.length));
      at_ += point.length;
    }
  }

  /// Moves the unfinished word at the end of the text, if there is one, into `context`.
  void split_off_typed(CaretContext& context) {
    if (!in_word_) return;
    context.typed_ = text_.substr(word_begin_);
    context.prefix_ = std::move(word_);
    in_word_ = false;
  }

  void finish(CaretContext& context) {
    finish_word();
    if (sentence_may_end_) words_.clear();
    context.words_ = std::move(words_);
    context.needs_space_ = !text_.empty() && last_kind_ != Kind::kSpace &&
                           last_kind_ != Kind::kNewLine && last_kind_ != Kind::kOpening;
  }

private:
  void take(Kind kind, std::string_view bytes) {
    if (kind == Kind::kLetter) return take_letter(bytes);
    if (kind == Kind::kApostrophe) return take_apostrophe();
    finish_word();
    if (kind == Kind::kSentenceEnd) {
      sentence_may_end_ = true;
    } else if (kind == Kind::kNewLine || (kind == Kind::kSpace && sentence_may_end_)) {
      words_.clear();
      sentence_may_end_ = false;
    } else if (kind != Kind::kClosing && kind != Kind::kSpace) {
      sentence_may_end_ = false;
    }
  }

  void take_letter(std::string_view bytes) {
    if (!in_word_) {
      in_word_ = true;
      word_begin_ = at_;
      word_.clear();
    }
    for (const char c : bytes)
      word_.push_back(lower(c));
    sentence_may_end_ = false;
  }

  // Before a word it is a quotation mark; after one it may be the beginning of a contraction.
  void take_apostrophe() {
    if (in_word_) word_.push_back('\'');
  }

  void finish_word() {
    if (!in_word_) return;
    in_word_ = false;
    while (word_.back() == '\'')
      word_.pop_back();
    if (words_.size() == kMaxWords) words_.erase(words_.begin());
    words_.push_back(std::move(word_));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<std::string> words_;
  std::string word_;
  std::size_t word_begin_ = 0;
  bool in_word_ = false;
  bool sentence_may_end_ = false;
  Kind last_kind_ = Kind::kSpace;
};

CaretContext::CaretContext(std::string_view text, PredictionMode mode) {
  assert(mode != PredictionMode::kAuto);
  Scanner scanner(text);
  scanner.scan();
  if (mode == PredictionMode::kComplete) scanner.split_off_typed(*this);
  scanner.finish(*this);
}

}  // namespace refrain
