#pragma once

/// @file
/// How long to leave a failing generation alone while a stale answer can be served.

#include "refrain/cache/cache_key.h"
#include "refrain/core/clock.h"
#include "refrain/core/mutex.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <chrono>
#include <cstddef>

namespace refrain {

/// Remembers keys whose last generation failed, each with a delay that doubles from failure to
/// failure. Without it every request for a stale entry would try a failing generator again, which
/// is when it can least bear it.
///
/// Thread safety: any.
/// Invariant: at most `kMaxKeys` keys are remembered; beyond that new failures are not.
class FailureBackoff {
public:
  static constexpr std::size_t kMaxKeys = 4096;

  struct Config {
    std::chrono::milliseconds first{1000};  ///< After the first failure.
    std::chrono::milliseconds longest{60'000};
  };

  /// @pre `clock` outlives this.
  FailureBackoff(const Config& config, const Clock& clock) : config_(config), clock_(clock) {}

  /// Whether `key` failed so lately that it should not be tried now.
  [[nodiscard]] bool is_waiting(CacheKey key) const;

  void record_failure(CacheKey key);
  void record_success(CacheKey key);

private:
  struct Failure {
    SteadyTime until;
    std::chrono::milliseconds delay;
  };

  void forget_old(SteadyTime now) REFRAIN_REQUIRES(mutex_);

  const Config config_;
  const Clock& clock_;
  mutable Mutex mutex_;
  boost::unordered_flat_map<CacheKey, Failure, CacheKeyHash> failures_ REFRAIN_GUARDED_BY(mutex_);
};

}  // namespace refrain
