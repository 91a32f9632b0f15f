#pragma once

/// @file
/// The binary trie format of pocketsphinx's trigram models: `docs/formats/lm-bin.md`.

#include "refrain/core/result.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace refrain {

/// The bytes of a trigram model, checked and readable entry by entry.
///
/// The trie is reversed: a word's bigrams are under the word that is predicted, and name the word
/// before it; a bigram's trigrams name the word before that one. All probabilities and back-off
/// weights are natural logarithms here.
///
/// Thread safety: immutable after `open`.
///
/// Ownership: refers to the bytes, which outlive it.
///
/// Invariants, checked by `open`, so that the accessors need no failure path:
///   - the sections fill the bytes exactly;
///   - every word of a bigram or trigram is less than `word_count()`, and ascends within its
///   parent;
///   - the children of successive entries are successive, and within their section;
///   - every number is finite; the vocabulary ascends.
class LmBin {
public:
  struct Unigram {
    float log_probability;
    float backoff;
    std::uint32_t first_bigram;  ///< The last is before the next unigram's first.
  };
  struct Bigram {
    std::uint32_t previous;
    std::uint16_t probability_index;
    std::uint16_t backoff_index;
    std::uint32_t first_trigram;  ///< The last is before the next bigram's first.
  };
  struct Trigram {
    std::uint32_t before_previous;
    float log_probability;
  };

  static constexpr std::size_t kTableSize = 65536;

  /// Fails with `kCorrupt`; the message begins with `name`.
  static Result<LmBin> open(std::string_view bytes, std::string_view name);

  [[nodiscard]] std::uint32_t word_count() const { return word_count_; }
  /// How many bigrams are in use; the file may have room for more.
  [[nodiscard]] std::uint32_t bigram_count() const { return bigram_count_; }
  /// How many trigrams are in use.
  [[nodiscard]] std::uint32_t trigram_count() const { return trigram_count_; }

  /// @pre `word` is at most `word_count()`: the one past the last ends the last word's bigrams.
  [[nodiscard]] Unigram unigram(std::uint32_t word) const;
  /// @pre `index` is at most `bigram_count()`: the one past the last ends the last bigram's
  /// trigrams.
  [[nodiscard]] Bigram bigram(std::uint32_t index) const;
  /// @pre `index` is less than `trigram_count()`.
  [[nodiscard]] Trigram trigram(std::uint32_t index) const;

  /// Logarithms of bigram probabilities by `Bigram::probability_index`; `kTableSize` of them.
  [[nodiscard]] const std::vector<float>& bigram_probabilities() const { return tables_[0]; }
  /// Logarithms of back-off weights by `Bigram::backoff_index`; `kTableSize` of them.
  [[nodiscard]] const std::vector<float>& bigram_backoffs() const { return tables_[1]; }

  /// The words in ascending order of their bytes, each followed by a NUL.
  [[nodiscard]] std::string_view vocabulary() const { return vocabulary_; }

private:
  class Opener;

  LmBin() = default;

  std::uint32_t word_count_ = 0;
  std::uint32_t bigram_count_ = 0;
  std::uint32_t trigram_count_ = 0;
  unsigned word_bits_ = 0;
  unsigned next_bits_ = 0;
  std::array<std::vector<float>, 3> tables_;
  std::string_view unigrams_;
  std::string_view bigrams_;
  std::string_view trigrams_;
  std::string_view vocabulary_;
};

}  // namespace refrain
