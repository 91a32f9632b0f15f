#include "refrain/redis/lifetime_jitter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <vector>

namespace refrain {
namespace {

using std::chrono::milliseconds;

std::vector<milliseconds> lifetimes(std::uint64_t seed) {
  LifetimeJitter jitter(0.1, seed);
  std::vector<milliseconds> all;
  for (int i = 0; i < 1000; ++i)
    all.push_back(jitter.shorten(milliseconds(10'000)));
  return all;
}

TEST(LifetimeJitter, ShortensByUpToItsShareAndNeverLengthens) {
  const std::vector<milliseconds> all = lifetimes(1);

  const auto [shortest, longest] = std::minmax_element(all.begin(), all.end());

  EXPECT_GE(*shortest, milliseconds(9000));
  EXPECT_LT(*shortest, milliseconds(9100)) << "the whole share is used";
  EXPECT_LE(*longest, milliseconds(10'000));
  EXPECT_GT(*longest, milliseconds(9900));
}

TEST(LifetimeJitter, DependsOnItsSeed) {
  EXPECT_EQ(lifetimes(1), lifetimes(1));
  EXPECT_NE(lifetimes(1), lifetimes(2));
}

TEST(LifetimeJitter, LeavesAtLeastAMillisecond) {
  LifetimeJitter jitter(0.9, 1);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(jitter.shorten(milliseconds(1)), milliseconds(1));
}

TEST(LifetimeJitter, ChangesNothingWithoutAShare) {
  LifetimeJitter jitter(0, 1);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(jitter.shorten(milliseconds(12'345)), milliseconds(12'345));
}

}  // namespace
}  // namespace refrain
