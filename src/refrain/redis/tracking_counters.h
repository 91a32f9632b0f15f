#pragma once

/// @file
/// How the tracking of a Redis tier's changes goes.

#include <atomic>
#include <cstdint>

namespace refrain {

/// What a `RedisTracker` counts, for the statistics of the tier.
///
/// Thread safety: any. What is counted has been acted upon: who sees a count sees its effects.
struct TrackingCounters {
  std::atomic<bool> is_used{false};  ///< There is a tracker.
  std::atomic<bool> is_up{false};    ///< It is told of every change.
  std::atomic<std::int64_t> changes{0};
  std::atomic<std::int64_t> flushes{0};  ///< Of everything at once.
  std::atomic<std::int64_t> losses{0};   ///< Times that it was up and is not any more.
};

}  // namespace refrain
