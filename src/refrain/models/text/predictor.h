#pragma once

/// @file
/// The interface of everything that predicts text.

#include "refrain/core/result.h"
#include "refrain/core/task.h"
#include "refrain/models/text/prediction.h"
#include "refrain/models/text/prediction_request.h"

#include <string_view>
#include <vector>

namespace refrain {

/// Predicts how a text goes on.
///
/// Thread safety: every member may be called from any thread; a task runs on its caller's loop.
///
/// Ownership: a predictor outlives the tasks it returned.
class Predictor {
public:
  Predictor() = default;
  Predictor(const Predictor&) = delete;
  Predictor& operator=(const Predictor&) = delete;
  virtual ~Predictor() = default;

  /// At most `request.count()` distinct predictions of `request.words()` words, likeliest first;
  /// fewer only if the model knows no more. Fails with `kUnprocessable`, naming `count` or `words`,
  /// if one of them is out of range, and as the implementation says otherwise.
  [[nodiscard]] virtual Task<Result<std::vector<Prediction>>> predict(
      PredictionRequest request) = 0;

  /// Which model answers: a short, stable name. It goes into cache keys and answers.
  [[nodiscard]] virtual std::string_view model() const = 0;

  /// Differs whenever the same request could be answered differently. It goes into cache keys.
  [[nodiscard]] virtual std::string_view model_version() const = 0;
};

}  // namespace refrain
