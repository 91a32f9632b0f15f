#pragma once

/// @file
/// How long the latest commands took.

#include "refrain/core/clock.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace refrain {

/// Counts of durations in buckets that grow by a quarter of a power of two: two sets of counts of
/// which the older is cleared in turn, after `kWindow` samples or when it is `kSpan` old. So what
/// is counted are the latest samples, `2 * kWindow` at most and none older than `3 * kSpan` when
/// the latest came: the few that a sick server answers are not lost among the many that it answered
/// before. A quantile is at most an eighth of its value wrong.
///
/// Thread safety: one thread records, any may read; a reader may see a sample too many or too few.
class LatencyWindow {
public:
  static constexpr std::uint32_t kWindow = 4096;
  static constexpr std::chrono::seconds kSpan{30};
  static constexpr std::size_t kBuckets = 128;  // up to 2^33 µs

  using Counts = std::array<std::uint64_t, kBuckets>;

  /// @pre `now` does not go back.
  void record(std::chrono::microseconds duration, SteadyTime now);

  /// Adds this window's counts to `counts`, so that several windows make one.
  void add_to(Counts& counts) const;

  /// The duration that `fraction` of the counted samples do not exceed, in milliseconds; 0 without
  /// samples.
  [[nodiscard]] static double quantile_ms(const Counts& counts, double fraction);

private:
  struct Half {
    std::array<std::atomic<std::uint32_t>, kBuckets> counts{};
    void clear();
  };

  void turn(SteadyTime now);

  std::array<Half, 2> halves_;
  std::size_t current_ = 0;
  std::uint32_t recorded_ = 0;
  SteadyTime began_;  // the current half
};

}  // namespace refrain
