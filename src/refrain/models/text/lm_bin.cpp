#include "refrain/models/text/lm_bin.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

namespace refrain {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the format is read as it lies in memory");

constexpr std::string_view kMagic = "Trie Language Model";
constexpr std::uint8_t kOrder = 3;
constexpr std::size_t kUnigramBytes = 12;
constexpr unsigned kIndexBits = 16;
// An entry is read by one 64-bit load; the writer pads each packed section by as much.
constexpr std::uint64_t kPackedPadding = 8;
const double kLogOfBase = std::log(1.0001);

template <class T>
T read(std::string_view bytes, std::size_t offset) {
  T value{};
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

// @pre width is at most 32, and eight bytes can be read from the first bit's byte on.
std::uint32_t read_bits(std::string_view bytes, std::uint64_t bit, unsigned width) {
  const auto word = read<std::uint64_t>(bytes, bit / 8);
  return static_cast<std::uint32_t>((word >> (bit % 8)) & ((std::uint64_t{1} << width) - 1));
}

// Room for one entry more than there are: its `next` ends the last one's children.
std::uint64_t packed_bytes(std::uint64_t entries, unsigned entry_bits) {
  return ((entries + 1) * entry_bits + 7) / 8 + kPackedPadding;
}

float to_natural(float value) {
  return static_cast<float>(value * kLogOfBase);
}

}  // namespace

LmBin::Unigram LmBin::unigram(std::uint32_t word) const {
  const std::size_t offset = word * kUnigramBytes;
  return {to_natural(read<float>(unigrams_, offset)),
          to_natural(read<float>(unigrams_, offset + 4)),
          read<std::uint32_t>(unigrams_, offset + 8)};
}

LmBin::Bigram LmBin::bigram(std::uint32_t index) const {
  std::uint64_t bit = std::uint64_t{index} * (word_bits_ + 2 * kIndexBits + next_bits_);
  Bigram entry{};
  entry.previous = read_bits(bigrams_, bit, word_bits_);
  bit += word_bits_;
  entry.backoff_index = static_cast<std::uint16_t>(read_bits(bigrams_, bit, kIndexBits));
  bit += kIndexBits;
  entry.probability_index = static_cast<std::uint16_t>(read_bits(bigrams_, bit, kIndexBits));
  bit += kIndexBits;
  entry.first_trigram = read_bits(bigrams_, bit, next_bits_);
  return entry;
}

LmBin::Trigram LmBin::trigram(std::uint32_t index) const {
  const std::uint64_t bit = std::uint64_t{index} * (word_bits_ + kIndexBits);
  const std::uint32_t probability_index = read_bits(trigrams_, bit + word_bits_, kIndexBits);
  return {read_bits(trigrams_, bit, word_bits_), tables_[2][probability_index]};
}

/// Cuts the bytes into sections and checks them; each step returns what is wrong, or nothing.
class LmBin::Opener {
public:
  explicit Opener(std::string_view bytes) : bytes_(bytes) {}

  std::optional<std::string> open() {
    using Step = std::optional<std::string> (Opener::*)();
    constexpr Step kSteps[] = {&Opener::take_header,
                               &Opener::take_tables,
                               &Opener::take_sections,
                               &Opener::check_unigrams,
                               &Opener::check_bigrams,
                               &Opener::check_trigrams,
                               &Opener::check_vocabulary};
    for (const Step step : kSteps) {
      if (std::optional<std::string> problem = (this->*step)()) return problem;
    }
    return std::nullopt;
  }

  LmBin take() { return std::move(lm_); }

private:
  using Problem = std::optional<std::string>;

  // Nothing is allocated before the counts have been found to agree with the number of bytes.
  Problem take_header() {
    if (!bytes_.starts_with(kMagic)) return "not a pocketsphinx trie model";
    if (bytes_.size() < kHeaderBytes) return "truncated in the header";
    const auto order = read<std::uint8_t>(bytes_, kMagic.size());
    if (order != kOrder) return "order " + std::to_string(order) + ", only 3 can be read";
    const std::size_t counts = kMagic.size() + 1;
    lm_.word_count_ = read<std::uint32_t>(bytes_, counts);
    bigram_room_ = read<std::uint32_t>(bytes_, counts + 4);
    trigram_room_ = read<std::uint32_t>(bytes_, counts + 8);
    if (lm_.word_count_ == 0) return "no words";
    lm_.word_bits_ = static_cast<unsigned>(std::bit_width(lm_.word_count_));
    lm_.next_bits_ = static_cast<unsigned>(std::bit_width(trigram_room_));
    unigram_bytes_ = (std::uint64_t{lm_.word_count_} + 1) * kUnigramBytes;
    bigram_bytes_ = packed_bytes(bigram_room_, lm_.word_bits_ + 2 * kIndexBits + lm_.next_bits_);
    trigram_bytes_ = packed_bytes(trigram_room_, lm_.word_bits_ + kIndexBits);
    const std::uint64_t least =
        kHeaderBytes + kTablesBytes + unigram_bytes_ + bigram_bytes_ + trigram_bytes_ + 4;
    if (bytes_.size() < least) return "truncated: its header promises more than there is";
    return std::nullopt;
  }

  Problem take_tables() {
    std::size_t offset = kHeaderBytes;
    for (std::vector<float>& table : lm_.tables_) {
      table.resize(kTableSize);
      std::memcpy(table.data(), bytes_.data() + offset, kTableSize * sizeof(float));
      offset += kTableSize * sizeof(float);
      for (float& value : table) {
        if (!std::isfinite(value)) return "a table holds a value that is no number";
        value = to_natural(value);
      }
    }
    return std::nullopt;
  }

  Problem take_sections() {
    std::size_t offset = kHeaderBytes + kTablesBytes;
    const auto cut = [&](std::uint64_t size) {
      const std::string_view section = bytes_.substr(offset, size);
      offset += size;
      return section;
    };
    lm_.unigrams_ = cut(unigram_bytes_);
    lm_.bigrams_ = cut(bigram_bytes_);
    lm_.trigrams_ = cut(trigram_bytes_);
    const auto vocabulary_bytes = read<std::uint32_t>(bytes_, offset);
    offset += sizeof vocabulary_bytes;
    lm_.vocabulary_ = bytes_.substr(offset);
    if (lm_.vocabulary_.size() < vocabulary_bytes) return "truncated in the vocabulary";
    if (lm_.vocabulary_.size() > vocabulary_bytes) return "bytes after the vocabulary";
    return std::nullopt;
  }

  Problem check_unigrams() {
    std::uint32_t next = 0;
    for (std::uint32_t word = 0; word <= lm_.word_count_; ++word) {
      const Unigram entry = lm_.unigram(word);
      if (!std::isfinite(entry.log_probability) || !std::isfinite(entry.backoff)) {
        return "a unigram holds a value that is no number";
      }
      if (entry.first_bigram < next || entry.first_bigram > bigram_room_) {
        return "the unigrams' children are out of order";
      }
      next = entry.first_bigram;
    }
    lm_.bigram_count_ = next;
    return std::nullopt;
  }

  Problem check_bigrams() {
    std::uint32_t next = 0;
    for (std::uint32_t word = 0; word < lm_.word_count_; ++word) {
      const std::uint32_t end = lm_.unigram(word + 1).first_bigram;
      std::uint64_t least_word = 0;
      for (std::uint32_t i = lm_.unigram(word).first_bigram; i < end; ++i) {
        const Bigram entry = lm_.bigram(i);
        if (entry.previous >= lm_.word_count_ || entry.previous < least_word) {
          return "the bigrams' words are out of order";
        }
        least_word = std::uint64_t{entry.previous} + 1;
        if (entry.first_trigram < next) return "the bigrams' children are out of order";
        next = entry.first_trigram;
      }
    }
    lm_.trigram_count_ = lm_.bigram(lm_.bigram_count_).first_trigram;
    if (lm_.trigram_count_ < next || lm_.trigram_count_ > trigram_room_) {
      return "the bigrams' children are out of order";
    }
    return std::nullopt;
  }

  // Their order is not checked: Debian's model has two bigrams whose trigrams are out of order.
  Problem check_trigrams() {
    for (std::uint32_t i = 0; i < lm_.trigram_count_; ++i) {
      if (lm_.trigram(i).before_previous >= lm_.word_count_) return "a trigram's word is unknown";
    }
    return std::nullopt;
  }

  Problem check_vocabulary() {
    std::string_view rest = lm_.vocabulary_;
    std::string_view last;
    for (std::uint32_t word = 0; word < lm_.word_count_; ++word) {
      const std::size_t end = rest.find('\0');
      if (end == std::string_view::npos) return "the vocabulary has too few words";
      const std::string_view spelling = rest.substr(0, end);
      if (spelling <= last) return "the vocabulary is out of order";
      last = spelling;
      rest.remove_prefix(end + 1);
    }
    if (!rest.empty()) return "the vocabulary has too many words";
    return std::nullopt;
  }

  static constexpr std::size_t kHeaderBytes = kMagic.size() + 1 + 12 + 4;
  static constexpr std::size_t kTablesBytes = std::size_t{3} * kTableSize * sizeof(float);

  std::string_view bytes_;
  LmBin lm_;
  std::uint32_t bigram_room_ = 0;
  std::uint32_t trigram_room_ = 0;
  std::uint64_t unigram_bytes_ = 0;
  std::uint64_t bigram_bytes_ = 0;
  std::uint64_t trigram_bytes_ = 0;
};

Result<LmBin> LmBin::open(std::string_view bytes, std::string_view name) {
  Opener opener(bytes);
  if (const std::optional<std::string> problem = opener.open()) {
    return fail(ErrorCode::kCorrupt, std::string(name) + ": " + *problem);
  }
  return opener.take();
}

}  // namespace refrain
