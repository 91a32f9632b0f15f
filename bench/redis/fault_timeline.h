#pragma once

/// @file
/// What requests saw before, during and after a fault.

#include "support/http_load.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace refrain::bench {

/// The requests of one run, by the time at which they were sent.
class FaultTimeline {
public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// When the load began, and from when to when the fault lasted.
  struct Span {
    TimePoint load;
    TimePoint begin;
    TimePoint end;
  };

  /// In milliseconds.
  struct Latency {
    double p50 = 0;
    double p99 = 0;
    double longest = 0;
  };

  /// What was sent within one step.
  struct Bucket {
    Latency latency;
    std::size_t requests = 0;
    std::array<double, 3> shares{};  ///< Answered by Redis, by memory, by generating: of 1.
  };

  static constexpr std::chrono::milliseconds kStep{100};

  FaultTimeline(const std::vector<testing::HttpLoad::Sample>& samples, const Span& span);

  [[nodiscard]] const std::vector<Bucket>& buckets() const { return buckets_; }
  /// In seconds since the load began.
  [[nodiscard]] double begin() const { return seconds_since_load(span_.begin); }
  [[nodiscard]] double end() const { return seconds_since_load(span_.end); }

  [[nodiscard]] const Latency& before() const { return before_; }
  [[nodiscard]] const Latency& during() const { return during_; }
  /// Of what was sent once Redis answered again.
  [[nodiscard]] const Latency& after() const { return after_; }

  /// Seconds from the fault's end until Redis answered nine tenths of what it answered before;
  /// negative if it did not.
  [[nodiscard]] double seconds_to_recover() const { return seconds_to_recover_; }

private:
  [[nodiscard]] double seconds_since_load(TimePoint time) const {
    return std::chrono::duration<double>(time - span_.load).count();
  }
  [[nodiscard]] double redis_share_before() const;
  void find_recovery();

  const Span span_;
  std::vector<Bucket> buckets_;
  Latency before_;
  Latency during_;
  Latency after_;
  double seconds_to_recover_ = -1;
};

}  // namespace refrain::bench
