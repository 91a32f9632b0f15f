#include "refrain/core/clock.h"

#include "support/manual_clock.h"

#include <gtest/gtest.h>

#include <chrono>

namespace refrain {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(SystemClock, AgreesWithTheMachinesWallClock) {
  const SystemClock clock;
  // The coarse clock may be one tick (10 ms at HZ=100) behind.
  const auto earliest = std::chrono::system_clock::now() - milliseconds(20);

  const WallTime now = clock.now();

  EXPECT_GE(now, std::chrono::time_point_cast<milliseconds>(earliest));
  EXPECT_LE(now, std::chrono::system_clock::now());
}

TEST(SystemClock, SteadyTimeNeverGoesBack) {
  const SystemClock clock;

  SteadyTime previous = clock.steady_now();
  for (int i = 0; i < 1000; ++i) {
    const SteadyTime next = clock.steady_now();
    ASSERT_GE(next, previous);
    previous = next;
  }
}

TEST(SystemClock, SteadyTimeIsTheSteadyClocks) {
  const SystemClock clock;
  const auto before = std::chrono::steady_clock::now();

  const SteadyTime now = clock.steady_now();

  EXPECT_GE(now, before);
  EXPECT_LE(now, std::chrono::steady_clock::now());
}

TEST(ManualClock, MovesBothTimesTogetherAndOnlyWhenTold) {
  testing::ManualClock clock;
  const WallTime wall = clock.now();
  const SteadyTime steady = clock.steady_now();

  ASSERT_EQ(clock.now(), wall);
  clock.advance(seconds(7));

  EXPECT_EQ(clock.now() - wall, seconds(7));
  EXPECT_EQ(clock.steady_now() - steady, seconds(7));
}

}  // namespace
}  // namespace refrain
