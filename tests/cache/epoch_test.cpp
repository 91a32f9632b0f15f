#include "refrain/cache/epoch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace refrain {
namespace {

TEST(Epoch, BeginsWithTheFirst) {
  EXPECT_EQ(Epoch().value(), Epoch::kFirst);
}

TEST(Epoch, TakesOverAHigherOneAndSaysSo) {
  Epoch epoch;

  EXPECT_TRUE(epoch.adopt(7));
  EXPECT_EQ(epoch.value(), 7U);
}

TEST(Epoch, NeverFalls) {
  Epoch epoch;
  epoch.adopt(7);

  EXPECT_FALSE(epoch.adopt(7));
  EXPECT_FALSE(epoch.adopt(3));
  EXPECT_FALSE(epoch.adopt(0));
  EXPECT_EQ(epoch.value(), 7U);
}

TEST(Epoch, EndsAtTheHighestThatAnyThreadSaw) {
  Epoch epoch;
  std::atomic<std::uint64_t> adoptions{0};
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t offset = 0; offset < 4; ++offset) {
      threads.emplace_back([&epoch, &adoptions, offset] {
        for (std::uint64_t seen = 2 + offset; seen <= 4001 + offset; seen += 4)
          adoptions += epoch.adopt(seen) ? 1U : 0U;
      });
    }
  }

  EXPECT_EQ(epoch.value(), 4001U);
  EXPECT_LE(adoptions, 4000U);
}

}  // namespace
}  // namespace refrain
