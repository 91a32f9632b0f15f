#pragma once

/// @file
/// The mission's slow model: an honest predictor that takes its time.

#include "refrain/core/mutex.h"
#include "refrain/models/text/predictor.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <string_view>
#include <vector>

namespace refrain {

/// Waits for a random time, then asks another predictor.
///
/// Thread safety: any; the wait holds no thread.
///
/// Ownership: owns the other predictor.
class SlowPredictor final : public Predictor {
public:
  struct Config {
    std::chrono::milliseconds min_delay{700};  ///< The shortest wait.
    std::chrono::milliseconds max_delay{900};  ///< The longest; waits are spread evenly between.
    std::uint64_t seed = 0;                    ///< Equal seeds give equal sequences of waits.
  };

  /// @pre `0 <= config.min_delay <= config.max_delay`.
  SlowPredictor(std::unique_ptr<Predictor> inner, const Config& config);

  /// Fails with `kCancelled` if the wait is cut short, and as the other predictor does.
  [[nodiscard]] Task<Result<std::vector<Prediction>>> predict(PredictionRequest request) override;

  /// How long the next request waits; every call draws anew.
  [[nodiscard]] std::chrono::microseconds draw_delay();

  [[nodiscard]] std::string_view model() const override { return inner_->model(); }
  [[nodiscard]] std::string_view model_version() const override { return inner_->model_version(); }

private:
  std::unique_ptr<Predictor> inner_;
  Mutex mutex_;
  std::mt19937_64 random_ REFRAIN_GUARDED_BY(mutex_);
  std::uniform_int_distribution<std::int64_t> delay_us_ REFRAIN_GUARDED_BY(mutex_);
};

}  // namespace refrain
