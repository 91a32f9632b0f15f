#pragma once

/// @file
/// What the text before the caret means for prediction.

#include "refrain/models/text/prediction_request.h"

#include <string>
#include <string_view>
#include <vector>

namespace refrain {

/// The last words before the caret, and the word that is being typed.
///
/// A word is a run of letters and digits of any script, with apostrophes inside; it is given in
/// lower case (ASCII letters only) and with the typewriter's apostrophe. `.`, `!`, `?` and the like
/// end a sentence if white space or the end of the text follows, a new line always does. Symbols,
/// emoji included, separate words and are otherwise passed over. Malformed UTF-8 counts as letters.
///
/// Ownership: refers to the text, which outlives it.
class CaretContext {
public:
  static constexpr std::size_t kMaxWords = 2;

  /// In `kComplete` a word that touches the end of the text is being typed, in `kNext` it is
  /// finished.
  /// @pre `mode` is not `kAuto`.
  CaretContext(std::string_view text, PredictionMode mode);

  /// The last finished words of the caret's sentence, oldest first, at most `kMaxWords`.
  [[nodiscard]] const std::vector<std::string>& words() const { return words_; }
  /// Whether the caret's sentence has no finished word yet.
  [[nodiscard]] bool at_sentence_start() const { return words_.empty(); }
  /// The word being typed as it stands at the end of the text; empty if there is none.
  [[nodiscard]] std::string_view typed() const { return typed_; }
  /// The same in the form of `words()`: what a completion begins with.
  [[nodiscard]] const std::string& prefix() const { return prefix_; }
  /// Whether a word that follows needs a space before it.
  [[nodiscard]] bool needs_space() const { return needs_space_; }

private:
  class Scanner;

  std::vector<std::string> words_;
  std::string_view typed_;
  std::string prefix_;
  bool needs_space_ = false;
};

}  // namespace refrain
