#include "refrain/core/clock.h"

#include <time.h>

namespace refrain {

WallTime SystemClock::now() const {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &time);
  const auto since_epoch =
      std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  return WallTime(std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch));
}

SteadyTime SystemClock::steady_now() const {
  return std::chrono::steady_clock::now();
}

}  // namespace refrain
