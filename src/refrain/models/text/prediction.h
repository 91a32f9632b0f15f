#pragma once

/// @file
/// One way in which a text may go on.

#include <string>
#include <utility>
#include <vector>

namespace refrain {

/// A continuation of a text.
struct Prediction {
  Prediction(std::string whole_text, std::vector<std::string> new_words, double log_probability)
      : text(std::move(whole_text)),
        words(std::move(new_words)),
        score(log_probability) {}

  std::string text;                ///< The request's text with the words appended or finished.
  std::vector<std::string> words;  ///< The predicted words, as they stand in `text`.
  double score;  ///< Natural logarithm of the words' joint probability after the text; at most 0.
};

}  // namespace refrain
