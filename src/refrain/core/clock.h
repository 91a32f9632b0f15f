#pragma once

/// @file
/// Time as a dependency, so that tests can move it.

#include <chrono>

namespace refrain {

/// Wall-clock time with a millisecond's resolution: what entries carry, since they outlive
/// processes.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

/// Monotonic time: what budgets, back-offs and ages within one process are measured in.
using SteadyTime = std::chrono::steady_clock::time_point;

/// The two clocks of the system, behind one interface.
///
/// Thread safety: both functions may be called from any thread.
class Clock {
public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  [[nodiscard]] virtual WallTime now() const = 0;
  [[nodiscard]] virtual SteadyTime steady_now() const = 0;
};

/// The machine's clocks. `now()` reads the coarse clock (about 5 ns, at most 4 ms behind).
class SystemClock final : public Clock {
public:
  [[nodiscard]] WallTime now() const override;
  [[nodiscard]] SteadyTime steady_now() const override;
};

}  // namespace refrain
