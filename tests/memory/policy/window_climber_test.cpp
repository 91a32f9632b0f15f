#include "refrain/memory/policy/window_climber.h"

#include <gtest/gtest.h>

#include <cstddef>

namespace refrain {
namespace {

constexpr std::size_t kItems = 100;
constexpr std::size_t kPeriod = 20 * kItems;

/// Runs periods whose hit ratio is a function of the window's share.
template <class HitRatio>
void climb(WindowClimber& climber, int periods, const HitRatio& hit_ratio) {
  for (int i = 0; i < periods; ++i) {
    const auto hits =
        static_cast<std::size_t>(static_cast<double>(kPeriod) * hit_ratio(climber.window_share()));
    climber.count(hits, kPeriod - hits, kItems);
  }
}

TEST(WindowClimber, BeginsWithASmallWindowAndKeepsItThroughAPeriod) {
  WindowClimber climber;

  for (std::size_t i = 0; i + 1 < kPeriod; ++i)
    EXPECT_FALSE(climber.count(i % 2, 1 - i % 2, kItems));
  EXPECT_EQ(climber.window_share(), 0.01);

  EXPECT_TRUE(climber.count(1, 0, kItems));
  EXPECT_NE(climber.window_share(), 0.01);
}

TEST(WindowClimber, FindsTheTop) {
  for (const double top : {0.1, 0.3, 0.5}) {
    WindowClimber climber;

    climb(climber, 100, [top](double share) { return 0.9 - (share - top) * (share - top); });

    EXPECT_NEAR(climber.window_share(), top, 0.1);
  }
}

TEST(WindowClimber, StaysWithinItsBounds) {
  WindowClimber upwards;
  climb(upwards, 500, [](double share) {
    EXPECT_GE(share, 0.01);
    EXPECT_LE(share, 0.8);
    return share;
  });
  EXPECT_GT(upwards.window_share(), 0.5);

  WindowClimber downwards;
  climb(downwards, 500, [](double share) {
    EXPECT_GE(share, 0.01);
    EXPECT_LE(share, 0.8);
    return 1 - share;
  });
  EXPECT_LT(downwards.window_share(), 0.1);
}

TEST(WindowClimber, ComesToRestUntilTheWorkloadChanges) {
  WindowClimber climber;
  climb(climber, 200, [](double share) { return 0.5 - (share - 0.2) * (share - 0.2); });
  const double resting = climber.window_share();

  climb(climber, 1, [](double share) { return 0.5 - (share - 0.2) * (share - 0.2); });
  EXPECT_NEAR(climber.window_share(), resting, 1e-4);

  climb(climber, 100, [](double share) { return 0.8 - (share - 0.6) * (share - 0.6); });
  EXPECT_NEAR(climber.window_share(), 0.6, 0.15);
}

TEST(WindowClimber, OfACacheOfNothingClimbsToNoNonsense) {
  WindowClimber climber;

  climber.count(0, 0, 0);
  climb(climber, 100, [](double share) { return 0.9 - (share - 0.3) * (share - 0.3); });

  EXPECT_NEAR(climber.window_share(), 0.3, 0.1);
}

}  // namespace
}  // namespace refrain
