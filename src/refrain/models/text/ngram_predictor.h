#pragma once

/// @file
/// The embedded predictor: next words and completions from a trigram model.

#include "refrain/models/text/ngram_model.h"
#include "refrain/models/text/predictor.h"

#include <boost/asio/thread_pool.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace refrain {

/// A `Predictor` over an `NgramModel`.
///
/// Continuations of several words are found by beam search: at every step the likeliest
/// `max(2 * count, 8)` beginnings are kept. A continuation repeats no pair of words and doubles
/// none. Words are in lower case but for `I` and its contractions, the beginning of a sentence, and
/// a word being typed, whose case is kept. A word that no word of the model begins with has no
/// completions.
///
/// Thread safety: any. The work runs on the pool, the answer arrives on the caller's loop.
///
/// Ownership: shares the model. The pool outlives the predictor, and is joined before a loop that
/// it answers to is destroyed: it may still be posting there when the answer is already in use.
class NgramPredictor final : public Predictor {
public:
  static constexpr std::string_view kModel = "en-us-3gram";

  NgramPredictor(std::shared_ptr<const NgramModel> model, boost::asio::thread_pool& pool);

  /// Fails as `Predictor::predict` says; not otherwise.
  [[nodiscard]] Task<Result<std::vector<Prediction>>> predict(PredictionRequest request) override;

  /// The same on the calling thread: for tools that have no loop.
  [[nodiscard]] Result<std::vector<Prediction>> predict_now(const PredictionRequest& request) const;

  [[nodiscard]] std::string_view model() const override { return kModel; }
  [[nodiscard]] std::string_view model_version() const override { return version_; }

private:
  std::shared_ptr<const NgramModel> model_;
  boost::asio::thread_pool& pool_;
  std::string version_;
};

}  // namespace refrain
