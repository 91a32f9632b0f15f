#include "refrain/models/text/ngram_model.h"

#include "refrain/core/hex.h"
#include "refrain/core/sha256.h"
#include "refrain/models/text/lm_bin.h"

#include <algorithm>
#include <fstream>
#include <numeric>
#include <ranges>
#include <system_error>

namespace refrain {
namespace {

using Candidate = NgramModel::Candidate;

// The order of answers, and the reason why they are the same on every machine.
bool is_better(const Candidate& a, const Candidate& b) {
  if (a.log_probability != b.log_probability) return a.log_probability > b.log_probability;
  return a.word < b.word;
}

/// The best few of the candidates that it is offered.
class Shortlist {
public:
  explicit Shortlist(std::size_t capacity) : capacity_(capacity) { best_.reserve(capacity); }

  /// Whether a candidate of this probability could still enter.
  [[nodiscard]] bool is_open_to(float log_probability) const {
    if (best_.size() < capacity_) return true;
    return capacity_ > 0 && log_probability >= best_.front().log_probability;
  }

  void offer(Candidate candidate) {
    if (best_.size() < capacity_) {
      best_.push_back(candidate);
      std::ranges::push_heap(best_, is_better);
      return;
    }
    if (capacity_ == 0 || !is_better(candidate, best_.front())) return;
    std::ranges::pop_heap(best_, is_better);
    best_.back() = candidate;
    std::ranges::push_heap(best_, is_better);
  }

  std::vector<Candidate> take() {
    std::ranges::sort(best_, is_better);
    return std::move(best_);
  }

private:
  std::size_t capacity_;
  std::vector<Candidate> best_;  // a heap whose front is the worst
};

// Followers ascend by word.
template <class Follower>
const Follower* find_follower(std::span<const Follower> followers, WordId word) {
  const auto found = std::ranges::lower_bound(followers, word, {}, &Follower::word);
  return found != followers.end() && found->word == word ? &*found : nullptr;
}

template <class Follower>
std::span<const Follower> from_word_on(std::span<const Follower> followers, WordId word) {
  const auto first = std::ranges::lower_bound(followers, word, {}, &Follower::word);
  return followers.subspan(static_cast<std::size_t>(first - followers.begin()));
}

// Takes the follower off the front of the list if it is this word's.
template <class Follower>
const Follower* take_if_next(std::span<const Follower>& followers, WordId word) {
  if (followers.empty() || followers.front().word != word) return nullptr;
  const Follower* found = &followers.front();
  followers = followers.subspan(1);
  return found;
}

bool is_presentable_spelling(std::string_view spelling) {
  bool after_letter = false;
  for (const char c : spelling) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!is_letter && (!after_letter || (c != '\'' && c != '-'))) return false;
    after_letter = is_letter;
  }
  return after_letter;
}

}  // namespace

/// The followers of a history at each order, and what it costs to go down one.
struct NgramModel::Context {
  std::span<const Trigram> trigrams;
  std::span<const Bigram> bigrams;
  float to_bigrams = 0;
  float to_unigrams = 0;  // from trigrams, both steps together
};

/// Turns the file's reversed trie round. Every step is linear but for the search of trigrams'
/// contexts.
class NgramModel::Builder {
public:
  explicit Builder(const LmBin& lm) : lm_(lm) {}

  /// What is wrong with the file, or nothing.
  std::optional<std::string> build() {
    copy_vocabulary();
    copy_unigrams();
    turn_bigrams();
    if (!find_trigram_contexts()) return "a trigram's context is not a bigram";
    if (!turn_trigrams()) return "a trigram is there twice";
    order_unigrams();
    order_bigrams();
    return std::nullopt;
  }

  NgramModel take() { return std::move(model_); }

private:
  void copy_vocabulary() {
    model_.spellings_ = lm_.vocabulary();
    model_.word_begins_.reserve(lm_.word_count() + std::size_t{1});
    model_.is_presentable_.reserve(lm_.word_count());
    model_.word_begins_.push_back(0);
    for (WordId word = 0; word < lm_.word_count(); ++word) {
      const std::size_t end = model_.spellings_.find('\0', model_.word_begins_.back());
      model_.word_begins_.push_back(static_cast<std::uint32_t>(end + 1));
      model_.is_presentable_.push_back(is_presentable_spelling(model_.spelling(word)));
    }
  }

  void copy_unigrams() {
    model_.unigrams_.reserve(lm_.word_count() + std::size_t{1});
    for (WordId word = 0; word <= lm_.word_count(); ++word) {
      const LmBin::Unigram entry = lm_.unigram(word);
      model_.unigrams_.push_back({entry.log_probability, entry.backoff, 0});
    }
  }

  // Counts each context's followers, turns the counts into places, then puts every follower in its
  // place. The predicted words come in ascending order, so each list ascends too.
  void turn_bigrams() {
    std::vector<std::uint32_t> places(lm_.word_count() + std::size_t{1}, 0);
    const std::uint32_t first = lm_.unigram(0).first_bigram;
    for (std::uint32_t i = first; i < lm_.bigram_count(); ++i)
      ++places[lm_.bigram(i).previous + 1];
    std::partial_sum(places.begin(), places.end(), places.begin());
    for (WordId word = 0; word <= lm_.word_count(); ++word) {
      model_.unigrams_[word].first_bigram = places[word];
    }
    const std::uint32_t count = lm_.bigram_count() - first;
    model_.bigrams_.resize(count + std::size_t{1});
    probability_indices_.resize(count);
    for (WordId word = 0; word < lm_.word_count(); ++word) {
      const std::uint32_t end = lm_.unigram(word + 1).first_bigram;
      for (std::uint32_t i = lm_.unigram(word).first_bigram; i < end; ++i) {
        const LmBin::Bigram entry = lm_.bigram(i);
        const std::uint32_t place = places[entry.previous]++;
        model_.bigrams_[place] = {word,
                                  lm_.bigram_probabilities()[entry.probability_index],
                                  lm_.bigram_backoffs()[entry.backoff_index],
                                  0};
        probability_indices_[place] = entry.probability_index;
      }
    }
  }

  // For each trigram of the file, in its order: the place of the bigram that is its context. A file
  // without that bigram would lose the trigram silently, so it is refused. The trigrams are first
  // gathered by the first word of that bigram: searching for each one would be half the loading
  // time.
  bool find_trigram_contexts() {
    const std::uint32_t count = lm_.trigram_count();
    std::vector<WordId> previous_of(count);
    for (std::uint32_t i = lm_.unigram(0).first_bigram; i < lm_.bigram_count(); ++i) {
      const auto begin = previous_of.begin() + lm_.bigram(i).first_trigram;
      const auto end = previous_of.begin() + lm_.bigram(i + 1).first_trigram;
      std::fill(begin, end, lm_.bigram(i).previous);
    }
    std::vector<std::uint32_t> ends(lm_.word_count() + std::size_t{1}, 0);
    for (std::uint32_t t = first_trigram(); t < count; ++t)
      ++ends[before_previous(t) + 1];
    std::partial_sum(ends.begin(), ends.end(), ends.begin());
    std::vector<std::uint32_t> gathered(count - first_trigram());
    for (std::uint32_t t = first_trigram(); t < count; ++t)
      gathered[ends[before_previous(t)]++] = t;

    trigram_contexts_.resize(count);
    std::vector<std::uint32_t> place_of(lm_.word_count(), 0);
    auto next = gathered.cbegin();
    for (WordId word = 0; word < lm_.word_count(); ++word) {
      const std::uint32_t first = model_.unigrams_[word].first_bigram;
      const std::uint32_t last = model_.unigrams_[word + std::size_t{1}].first_bigram;
      for (std::uint32_t place = first; place < last; ++place) {
        place_of[model_.bigrams_[place].word] = place;
      }
      for (; next != gathered.cbegin() + ends[word]; ++next) {
        const std::uint32_t place = place_of[previous_of[*next]];
        // `place` may be of an earlier word, or the 0 of the beginning: then it is another's.
        if (place < first || place >= last) return false;
        if (model_.bigrams_[place].word != previous_of[*next]) return false;
        trigram_contexts_[*next] = place;
      }
    }
    return true;
  }

  // The predicted words come in ascending order, so the second of a pair comes right after the
  // first.
  bool turn_trigrams() {
    std::vector<std::uint32_t> places(model_.bigrams_.size(), 0);
    for (std::uint32_t t = first_trigram(); t < lm_.trigram_count(); ++t) {
      ++places[trigram_contexts_[t] + std::size_t{1}];
    }
    std::partial_sum(places.begin(), places.end(), places.begin());
    for (std::size_t i = 0; i < places.size(); ++i)
      model_.bigrams_[i].first_trigram = places[i];
    model_.trigrams_.resize(lm_.trigram_count() - first_trigram());
    for (WordId word = 0; word < lm_.word_count(); ++word) {
      // All trigrams that predict one word are successive: from its first bigram's to the next
      // word's.
      const std::uint32_t end = lm_.bigram(lm_.unigram(word + 1).first_bigram).first_trigram;
      std::uint32_t t = lm_.bigram(lm_.unigram(word).first_bigram).first_trigram;
      for (; t < end; ++t) {
        const std::uint32_t context = trigram_contexts_[t];
        const std::uint32_t place = places[context]++;
        const bool is_first = place == model_.bigrams_[context].first_trigram;
        if (!is_first && model_.trigrams_[place - 1].word == word) return false;
        model_.trigrams_[place] = {word, lm_.trigram(t).log_probability};
      }
    }
    return true;
  }

  // Trigrams before it belong to no bigram.
  [[nodiscard]] std::uint32_t first_trigram() const {
    return lm_.bigram(lm_.unigram(0).first_bigram).first_trigram;
  }

  [[nodiscard]] WordId before_previous(std::uint32_t trigram) const {
    return lm_.trigram(trigram).before_previous;
  }

  void order_unigrams() {
    for (WordId word = 0; word < lm_.word_count(); ++word) {
      if (model_.is_presentable_[word]) model_.words_by_probability_.push_back(word);
    }
    const std::vector<Unigram>& unigrams = model_.unigrams_;
    std::ranges::sort(model_.words_by_probability_, [&unigrams](WordId a, WordId b) {
      return is_better({a, unigrams[a].log_probability}, {b, unigrams[b].log_probability});
    });
  }

  // The rank of each index of the probability table; equal values have equal ranks.
  std::vector<std::uint32_t> probability_ranks() {
    const std::vector<float>& table = lm_.bigram_probabilities();
    std::vector<std::uint32_t> by_value(table.size());
    std::iota(by_value.begin(), by_value.end(), 0U);
    std::ranges::sort(by_value, [&table](auto a, auto b) { return table[a] > table[b]; });
    std::vector<std::uint32_t> ranks(table.size());
    std::uint32_t rank = 0;
    for (std::size_t i = 0; i < by_value.size(); ++i) {
      if (i > 0 && table[by_value[i]] != table[by_value[i - 1]]) ++rank;
      ranks[by_value[i]] = rank;
    }
    return ranks;
  }

  // Two stable counting sorts, by probability over all and then by context: bigrams have only
  // 65,536 different probabilities, and comparing two million of them is most of the loading time
  // otherwise.
  void order_bigrams() {
    const std::vector<std::uint32_t> ranks = probability_ranks();
    std::vector<std::uint32_t> places(ranks.size() + 1, 0);
    for (const std::uint16_t index : probability_indices_)
      ++places[ranks[index] + 1];
    std::partial_sum(places.begin(), places.end(), places.begin());
    std::vector<std::uint32_t> by_probability(probability_indices_.size());
    for (std::uint32_t i = 0; i < by_probability.size(); ++i) {
      by_probability[places[ranks[probability_indices_[i]]]++] = i;
    }
    std::vector<WordId> context_of(by_probability.size());
    std::vector<std::uint32_t> next_place(lm_.word_count());
    for (WordId word = 0; word < lm_.word_count(); ++word) {
      const std::uint32_t begin = model_.unigrams_[word].first_bigram;
      next_place[word] = begin;
      for (std::uint32_t i = begin; i < model_.unigrams_[word + 1].first_bigram; ++i) {
        context_of[i] = word;
      }
    }
    model_.bigrams_by_probability_.resize(by_probability.size());
    for (const std::uint32_t bigram : by_probability) {
      model_.bigrams_by_probability_[next_place[context_of[bigram]]++] = bigram;
    }
  }

  const LmBin& lm_;
  NgramModel model_;
  std::vector<std::uint16_t> probability_indices_;  // of each bigram, in the model's order
  std::vector<std::uint32_t> trigram_contexts_;     // of each trigram, in the file's order
};

Result<NgramModel> NgramModel::open(const std::filesystem::path& path) {
  const std::string name = path.string();
  std::error_code error;
  const bool is_file = std::filesystem::is_regular_file(path, error);
  if (!is_file) {
    return fail(ErrorCode::kIo, name + ": " + (error ? error.message() : "not a regular file"));
  }
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) return fail(ErrorCode::kIo, name + ": " + error.message());
  if (size > kMaxFileBytes)
    return fail(ErrorCode::kTooLarge, name + ": too large for a text model");
  std::string bytes(size, '\0');
  std::ifstream file(path, std::ios::binary);
  if (!file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
    return fail(ErrorCode::kIo, name + ": cannot be read");
  }
  return create(bytes, name);
}

Result<NgramModel> NgramModel::create(std::string_view bytes, std::string_view name) {
  const Result<LmBin> lm = LmBin::open(bytes, name);
  if (!lm) return fail(lm.error());
  Builder builder(*lm);
  if (const std::optional<std::string> problem = builder.build()) {
    return fail(ErrorCode::kCorrupt, std::string(name) + ": " + *problem);
  }
  NgramModel model = builder.take();
  const Sha256Digest digest = sha256(bytes);
  model.version_ = to_hex(std::span(digest).first(8));
  return model;
}

WordId NgramModel::find_word(std::string_view word) const {
  const auto [first, last] = words_with_prefix(word);
  return first != last && spelling(first) == word ? first : kNoWord;
}

std::string_view NgramModel::spelling(WordId word) const {
  const std::uint32_t begin = word_begins_[word];
  return std::string_view(spellings_)
      .substr(begin, word_begins_[word + std::size_t{1}] - 1 - begin);
}

std::pair<WordId, WordId> NgramModel::words_with_prefix(std::string_view prefix) const {
  const auto begin_of = [this, prefix](WordId word) {
    return spelling(word).substr(0, prefix.size());
  };
  const auto words = std::ranges::equal_range(
      std::views::iota(WordId{0}, static_cast<WordId>(vocabulary_size())), prefix, {}, begin_of);
  if (words.empty()) return {0, 0};
  return {words.front(), words.back() + 1};
}

std::span<const NgramModel::Bigram> NgramModel::bigrams_after(WordId word) const {
  const std::uint32_t begin = unigrams_[word].first_bigram;
  const std::uint32_t end = unigrams_[word + std::size_t{1}].first_bigram;
  return std::span(bigrams_).subspan(begin, end - begin);
}

NgramModel::Context NgramModel::context_of(History history) const {
  Context context;
  if (history.previous >= vocabulary_size()) return context;
  context.bigrams = bigrams_after(history.previous);
  context.to_unigrams = unigrams_[history.previous].backoff;
  if (history.before_previous >= vocabulary_size()) return context;
  const Bigram* pair = find_follower(bigrams_after(history.before_previous), history.previous);
  if (pair == nullptr) return context;
  const std::uint32_t end = (pair + 1)->first_trigram;
  context.trigrams = std::span(trigrams_).subspan(pair->first_trigram, end - pair->first_trigram);
  context.to_bigrams = pair->backoff;
  context.to_unigrams += pair->backoff;
  return context;
}

float NgramModel::log_probability(WordId word, History history) const {
  const Context context = context_of(history);
  if (const Trigram* found = find_follower(context.trigrams, word)) return found->log_probability;
  if (const Bigram* found = find_follower(context.bigrams, word)) {
    return context.to_bigrams + found->log_probability;
  }
  return context.to_unigrams + unigrams_[word].log_probability;
}

/// One search for the likeliest words, from the longest context down.
class NgramModel::Query {
public:
  Query(const NgramModel& model, History history, std::size_t count)
      : model_(model),
        context_(model.context_of(history)),
        shortlist_(count) {}

  void offer_trigrams() {
    for (const Trigram& follower : context_.trigrams)
      offer(follower.word, follower.log_probability);
  }

  // This list and the next end at the first word that could not enter: the rest are less likely
  // still.
  void offer_bigrams() {
    if (context_.bigrams.empty()) return;
    const auto first = static_cast<std::size_t>(context_.bigrams.data() - model_.bigrams_.data());
    const std::span places(model_.bigrams_by_probability_);
    for (const std::uint32_t place : places.subspan(first, context_.bigrams.size())) {
      const Bigram& follower = model_.bigrams_[place];
      const float log_probability = context_.to_bigrams + follower.log_probability;
      if (!shortlist_.is_open_to(log_probability)) break;
      if (find_follower(context_.trigrams, follower.word) != nullptr) continue;
      offer(follower.word, log_probability);
    }
  }

  void offer_unigrams() {
    for (const WordId word : model_.words_by_probability_) {
      const float log_probability = context_.to_unigrams + model_.unigrams_[word].log_probability;
      if (!shortlist_.is_open_to(log_probability)) break;
      if (find_follower(context_.trigrams, word) != nullptr) continue;
      if (find_follower(context_.bigrams, word) != nullptr) continue;
      offer(word, log_probability);
    }
  }

  // All lists ascend by word, so they are merged.
  void offer_words(WordId first, WordId last) {
    std::span<const Trigram> trigrams = from_word_on(context_.trigrams, first);
    std::span<const Bigram> bigrams = from_word_on(context_.bigrams, first);
    for (WordId word = first; word < last; ++word) {
      const Bigram* bigram = take_if_next(bigrams, word);
      const Trigram* trigram = take_if_next(trigrams, word);
      if (trigram != nullptr) {
        offer(word, trigram->log_probability);
      } else if (bigram != nullptr) {
        offer(word, context_.to_bigrams + bigram->log_probability);
      } else {
        offer(word, context_.to_unigrams + model_.unigrams_[word].log_probability);
      }
    }
  }

  std::vector<Candidate> take() { return shortlist_.take(); }

private:
  void offer(WordId word, float log_probability) {
    if (model_.is_presentable(word)) shortlist_.offer({word, log_probability});
  }

  const NgramModel& model_;
  Context context_;
  Shortlist shortlist_;
};

std::vector<Candidate> NgramModel::likeliest(History history, std::size_t count) const {
  Query query(*this, history, count);
  query.offer_trigrams();
  query.offer_bigrams();
  query.offer_unigrams();
  return query.take();
}

std::vector<Candidate> NgramModel::likeliest_with_prefix(History history,
                                                         std::string_view prefix,
                                                         std::size_t count) const {
  if (prefix.empty()) return likeliest(history, count);
  const auto [first, last] = words_with_prefix(prefix);
  Query query(*this, history, count);
  query.offer_words(first, last);
  return query.take();
}

std::size_t NgramModel::memory_bytes() const {
  const auto bytes_of = [](const auto& items) {
    return items.capacity() * sizeof(*items.data());
  };
  return sizeof(*this) + spellings_.capacity() + bytes_of(word_begins_) +
         is_presentable_.capacity() / 8 + bytes_of(unigrams_) + bytes_of(bigrams_) +
         bytes_of(trigrams_) + bytes_of(words_by_probability_) + bytes_of(bigrams_by_probability_);
}

}  // namespace refrain
