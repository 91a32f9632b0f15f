#pragma once

/// @file
/// A clock that stands still until a test moves it.

#include "refrain/core/clock.h"

#include <atomic>
#include <chrono>

namespace refrain::testing {

/// Both clocks start at a fixed instant and move together, only by `advance`.
///
/// Thread safety: any.
class ManualClock final : public Clock {
public:
  [[nodiscard]] WallTime now() const override {
    return WallTime(std::chrono::milliseconds(now_ms_.load()));
  }
  [[nodiscard]] SteadyTime steady_now() const override {
    return SteadyTime(std::chrono::milliseconds(now_ms_.load()));
  }

  void advance(std::chrono::milliseconds by) { now_ms_ += by.count(); }

private:
  std::atomic<std::int64_t> now_ms_{1'700'000'000'000};
};

}  // namespace refrain::testing
