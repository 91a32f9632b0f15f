#pragma once

/// @file
/// A trigram model with back-off, indexed for the words that follow a context.

#include "refrain/core/result.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace refrain {

class LmBin;

/// A word's place in the ascending vocabulary.
using WordId = std::uint32_t;

/// Stands for a word that is not in the vocabulary, or for none.
inline constexpr WordId kNoWord = 0xFFFFFFFF;

/// A trigram language model with back-off (Katz): P(word | the two words before it).
///
/// The file's trie leads from a word to those before it; here it is turned round, so that the words
/// which follow a context lie together, ascending for look-up, and the bigrams' also in order of
/// probability.
///
/// Thread safety: immutable after `open`; every member may be called from any thread.
///
/// Invariants: every list of followers ascends by word; `unigrams_` and `bigrams_` end with an
/// entry whose only meaning is where the last one's followers end.
class NgramModel {
public:
  /// The context of a word: the words before it.
  struct History {
    WordId before_previous = kNoWord;
    WordId previous = kNoWord;
  };

  /// A word and its natural log-probability in a context.
  struct Candidate {
    WordId word;
    float log_probability;
  };

  /// The largest file that `open` accepts; Debian's has 27 MB.
  static constexpr std::uintmax_t kMaxFileBytes = 1024ULL * 1024 * 1024;

  /// Reads a file in the format of `docs/formats/lm-bin.md` whole. Fails with `kIo`, `kTooLarge` or
  /// `kCorrupt`; the message names the file.
  static Result<NgramModel> open(const std::filesystem::path& path);

  /// The same from bytes; `name` stands in messages.
  static Result<NgramModel> create(std::string_view bytes, std::string_view name);

  NgramModel(NgramModel&&) = default;
  NgramModel& operator=(NgramModel&&) = default;
  NgramModel(const NgramModel&) = delete;
  NgramModel& operator=(const NgramModel&) = delete;
  ~NgramModel() = default;

  [[nodiscard]] std::size_t vocabulary_size() const { return word_begins_.size() - 1; }
  [[nodiscard]] std::size_t bigram_count() const { return bigrams_.size() - 1; }
  [[nodiscard]] std::size_t trigram_count() const { return trigrams_.size(); }

  /// The id of a word (lower case), or `kNoWord`.
  [[nodiscard]] WordId find_word(std::string_view word) const;
  /// @pre `word` is less than `vocabulary_size()`.
  [[nodiscard]] std::string_view spelling(WordId word) const;
  /// Whether the word may be shown to a person: letters, with apostrophes and hyphens inside.
  /// Sentence markers, fillers, initials and word endings are not.
  [[nodiscard]] bool is_presentable(WordId word) const { return is_presentable_[word]; }

  /// Natural logarithm of P(word | history), backing off where a longer context was not seen.
  /// @pre `word` is less than `vocabulary_size()`.
  [[nodiscard]] float log_probability(WordId word, History history) const;

  /// The `count` likeliest presentable words after `history`, likeliest first, equals by spelling.
  /// Exact: the same as ordering the whole vocabulary by `log_probability`.
  [[nodiscard]] std::vector<Candidate> likeliest(History history, std::size_t count) const;

  /// The same among the words that begin with `prefix`.
  [[nodiscard]] std::vector<Candidate> likeliest_with_prefix(History history,
                                                             std::string_view prefix,
                                                             std::size_t count) const;

  /// Sixteen hexadecimal digits of the SHA-256 of the file: equal only for equal models.
  [[nodiscard]] const std::string& version() const { return version_; }

  /// What the model occupies.
  [[nodiscard]] std::size_t memory_bytes() const;

private:
  struct Unigram {
    float log_probability;
    float backoff;
    std::uint32_t first_bigram;
  };
  struct Bigram {
    WordId word;
    float log_probability;
    float backoff;
    std::uint32_t first_trigram;
  };
  struct Trigram {
    WordId word;
    float log_probability;
  };
  struct Context;
  class Builder;
  class Query;

  NgramModel() = default;

  [[nodiscard]] Context context_of(History history) const;
  [[nodiscard]] std::span<const Bigram> bigrams_after(WordId word) const;
  [[nodiscard]] std::pair<WordId, WordId> words_with_prefix(std::string_view prefix) const;

  std::string spellings_;                   // the words, each followed by a NUL
  std::vector<std::uint32_t> word_begins_;  // in spellings_, and its end
  std::vector<bool> is_presentable_;
  std::vector<Unigram> unigrams_;
  std::vector<Bigram> bigrams_;
  std::vector<Trigram> trigrams_;
  std::vector<WordId> words_by_probability_;           // presentable ones only
  std::vector<std::uint32_t> bigrams_by_probability_;  // within each context, places in bigrams_
  std::string version_;
};

}  // namespace refrain
