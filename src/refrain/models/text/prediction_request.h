#pragma once

/// @file
/// What a predictor is asked for.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace refrain {

/// What is to be predicted after a text.
enum class PredictionMode : std::uint8_t {
  kAuto,      ///< `kNext` or `kComplete`, by the end of the text: see `resolve_mode`.
  kNext,      ///< The words that follow the text; its last word counts as finished.
  kComplete,  ///< The rest of the word that is being typed, then the words that follow it.
};

/// The mode's name as users see it: `"auto"`, `"next"`, `"complete"`.
std::string_view to_string(PredictionMode mode);

/// Replaces `kAuto`: `kComplete` if `text` ends within a word (a letter, a digit, an apostrophe
/// after one of them), `kNext` if it is empty or ends in white space, punctuation or a symbol. The
/// other modes are returned unchanged.
PredictionMode resolve_mode(PredictionMode mode, std::string_view text);

/// A text and how much is to be predicted after it.
class PredictionRequest {
public:
  static constexpr std::size_t kMaxCount = 20;
  static constexpr std::size_t kMaxWords = 20;

  /// Values out of range are accepted here and refused by `Predictor::predict`.
  explicit PredictionRequest(std::string text,
                             std::size_t count = 3,
                             std::size_t words = 1,
                             PredictionMode mode = PredictionMode::kAuto)
      : text_(std::move(text)),
        count_(count),
        words_(words),
        mode_(mode) {}

  /// UTF-8, everything before the caret.
  [[nodiscard]] const std::string& text() const { return text_; }
  /// How many predictions, 1 to `kMaxCount`.
  [[nodiscard]] std::size_t count() const { return count_; }
  /// How many words in each, 1 to `kMaxWords`; in completion the finished word is the first.
  [[nodiscard]] std::size_t words() const { return words_; }
  [[nodiscard]] PredictionMode mode() const { return mode_; }

private:
  std::string text_;
  std::size_t count_;
  std::size_t words_;
  PredictionMode mode_;
};

}  // namespace refrain
