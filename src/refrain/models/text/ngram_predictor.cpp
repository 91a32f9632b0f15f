#include "refrain/models/text/ngram_predictor.h"

#include "refrain/core/offload.h"
#include "refrain/models/text/caret_context.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>

namespace refrain {
namespace {

// Raised whenever the same model would answer differently: it is a part of cache keys.
constexpr std::string_view kAlgorithm = "1";
constexpr std::size_t kLeastBeamWidth = 8;
constexpr std::string_view kSentenceStart = "<s>";

/// A beginning of a continuation: the words of the context that are known, then those predicted.
struct Path {
  std::vector<WordId> words;
  NgramModel::History history;
  double log_probability = 0;
};

std::optional<Error> find_fault(const PredictionRequest& request) {
  const auto is_within = [](std::size_t value, std::size_t most) {
    return value >= 1 && value <= most;
  };
  if (!is_within(request.count(), PredictionRequest::kMaxCount)) {
    return Error(ErrorCode::kUnprocessable, "the number of predictions must be 1 to 20", "count");
  }
  if (!is_within(request.words(), PredictionRequest::kMaxWords)) {
    return Error(ErrorCode::kUnprocessable, "the number of words must be 1 to 20", "words");
  }
  return std::nullopt;
}

NgramModel::History history_of(const NgramModel& model, const CaretContext& caret) {
  const WordId start = model.find_word(kSentenceStart);
  const std::vector<std::string>& words = caret.words();
  if (words.empty()) return {kNoWord, start};
  const WordId previous = model.find_word(words.back());
  if (words.size() == 1) return {start, previous};
  return {model.find_word(words.front()), previous};
}

bool would_repeat(const Path& path, WordId next) {
  if (path.words.empty()) return false;
  const WordId last = path.words.back();
  if (next == last) return true;
  for (std::size_t i = 1; i < path.words.size(); ++i) {
    if (path.words[i - 1] == last && path.words[i] == next) return true;
  }
  return false;
}

bool is_likelier(const Path& a, const Path& b) {
  if (a.log_probability != b.log_probability) return a.log_probability > b.log_probability;
  return a.words < b.words;
}

Path extended(const Path& path, NgramModel::Candidate next) {
  Path longer = path;
  longer.words.push_back(next.word);
  longer.history = {path.history.previous, next.word};
  longer.log_probability += static_cast<double>(next.log_probability);
  return longer;
}

void keep_likeliest(std::vector<Path>& paths, std::size_t count) {
  const std::size_t kept = std::min(count, paths.size());
  std::partial_sort(
      paths.begin(), paths.begin() + static_cast<std::ptrdiff_t>(kept), paths.end(), is_likelier);
  paths.erase(paths.begin() + static_cast<std::ptrdiff_t>(kept), paths.end());
}

/// Finds the likeliest continuations of a context.
class BeamSearch {
public:
  BeamSearch(const NgramModel& model, const CaretContext& caret, const PredictionRequest& request)
      : model_(model),
        caret_(caret),
        width_(std::max(2 * request.count(), kLeastBeamWidth)),
        count_(request.count()),
        words_(request.words()) {}

  [[nodiscard]] std::vector<Path> search() const {
    std::vector<Path> paths = first_words();
    for (std::size_t word = 1; word < words_; ++word)
      paths = one_word_longer(paths);
    keep_likeliest(paths, count_);
    return paths;
  }

private:
  [[nodiscard]] std::vector<Path> first_words() const {
    Path start;
    start.history = history_of(model_, caret_);
    for (const WordId known : {start.history.before_previous, start.history.previous}) {
      if (known == kNoWord) {
        start.words.clear();
      } else {
        start.words.push_back(known);
      }
    }
    if (caret_.typed().empty()) return one_word_longer({start});
    std::vector<Path> paths;
    for (const auto candidate :
         model_.likeliest_with_prefix(start.history, caret_.prefix(), width_)) {
      paths.push_back(extended(start, candidate));
    }
    return paths;
  }

  [[nodiscard]] std::vector<Path> one_word_longer(const std::vector<Path>& paths) const {
    std::vector<Path> longer;
    longer.reserve(paths.size() * width_);
    for (const Path& path : paths) {
      // As many more as could be repeats: then every path has `width_` ways to go on.
      for (const auto candidate : model_.likeliest(path.history, width_ + path.words.size())) {
        if (!would_repeat(path, candidate.word)) longer.push_back(extended(path, candidate));
      }
    }
    keep_likeliest(longer, width_);
    return longer;
  }

  const NgramModel& model_;
  const CaretContext& caret_;
  std::size_t width_;
  std::size_t count_;
  std::size_t words_;
};

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
char upper(char c) {
  return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c;
}

std::string shown(std::string_view spelling) {
  std::string word(spelling);
  if (word == "i" || word.starts_with("i'")) word.front() = 'I';
  return word;
}

bool is_all_capitals(std::string_view typed) {
  return std::ranges::none_of(typed, is_lower) && std::ranges::count_if(typed, is_upper) > 1;
}

// What was typed stays as it is; only a lone "i" is put right, and the rest follows the typed case.
std::string finished(std::string_view typed, std::string_view prefix, std::string_view spelling) {
  std::string rest(spelling.substr(prefix.size()));
  if (is_all_capitals(typed)) std::ranges::transform(rest, rest.begin(), upper);
  std::string word(typed);
  if (spelling == "i" || spelling.starts_with("i'")) word.front() = 'I';
  return word + rest;
}

Prediction to_prediction(const NgramModel& model,
                         const CaretContext& caret,
                         std::string_view text,
                         std::span<const WordId> ids,
                         double log_probability) {
  std::vector<std::string> words;
  words.reserve(ids.size());
  for (const WordId id : ids)
    words.push_back(shown(model.spelling(id)));
  if (!caret.typed().empty()) {
    words.front() = finished(caret.typed(), caret.prefix(), model.spelling(ids.front()));
  } else if (caret.at_sentence_start()) {
    words.front().front() = upper(words.front().front());
  }
  std::string whole(text.substr(0, text.size() - caret.typed().size()));
  if (caret.typed().empty() && caret.needs_space()) whole += ' ';
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) whole += ' ';
    whole += words[i];
  }
  return Prediction(std::move(whole), std::move(words), log_probability);
}

Result<std::vector<Prediction>> predict_with(const NgramModel& model,
                                             const PredictionRequest& request) {
  if (std::optional<Error> fault = find_fault(request)) return fail(std::move(*fault));
  const CaretContext caret(request.text(), resolve_mode(request.mode(), request.text()));
  std::vector<Prediction> predictions;
  for (const Path& path : BeamSearch(model, caret, request).search()) {
    const auto ids = std::span(path.words).last(request.words());
    predictions.push_back(to_prediction(model, caret, request.text(), ids, path.log_probability));
  }
  return predictions;
}

}  // namespace

NgramPredictor::NgramPredictor(std::shared_ptr<const NgramModel> model,
                               boost::asio::thread_pool& pool)
    : model_(std::move(model)),
      pool_(pool),
      version_(std::string(kAlgorithm) + '-' + model_->version()) {}

Task<Result<std::vector<Prediction>>> NgramPredictor::predict(PredictionRequest request) {
  // The job owns what it reads: a loop that is torn down does not wait for the pool.
  auto work = [model = model_, request = std::move(request)] {
    return predict_with(*model, request);
  };
  co_return co_await offload(pool_, std::move(work));
}

Result<std::vector<Prediction>> NgramPredictor::predict_now(
    const PredictionRequest& request) const {
  return predict_with(*model_, request);
}

}  // namespace refrain
