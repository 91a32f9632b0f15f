#include "refrain/simulator/simulation_plan.h"

#include "simulator/sample_trace.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace refrain {
namespace {

Trace trace_of_keys(std::uint64_t count) {
  std::vector<std::uint64_t> keys(count);
  for (std::uint64_t i = 0; i < count; ++i)
    keys[i] = i;
  return testing::trace_of(keys);
}

TEST(SimulationPlan, HasEightRoundSizesFromHalfAPercentToEightyPercent) {
  const std::vector<std::uint64_t> sizes =
      SimulationPlan::default_sizes(trace_of_keys(100'000), CacheUnit::kItems);

  EXPECT_EQ(sizes,
            (std::vector<std::uint64_t>{500, 1000, 2100, 4400, 9100, 19'000, 39'000, 80'000}));
}

TEST(SimulationPlan, HasFewerSizesForATinyTrace) {
  for (std::uint64_t keys = 1; keys < 30; ++keys) {
    const std::vector<std::uint64_t> sizes =
        SimulationPlan::default_sizes(trace_of_keys(keys), CacheUnit::kItems);

    ASSERT_FALSE(sizes.empty());
    EXPECT_GE(sizes.front(), 1U);
    EXPECT_LE(sizes.back(), keys);
    EXPECT_TRUE(std::is_sorted(sizes.begin(), sizes.end()));
    EXPECT_EQ(std::adjacent_find(sizes.begin(), sizes.end()), sizes.end());
  }
}

TEST(SimulationPlan, CountsBytesIfBytesLimit) {
  const Trace trace("t", {{1, 1'000'000, 1}, {2, 1'000'000, 1}}, {true, false});

  EXPECT_EQ(SimulationPlan::default_sizes(trace, CacheUnit::kBytes).back(), 1'600'000U);
}

}  // namespace
}  // namespace refrain
