#include "refrain/memory/policy/cost_policy.h"

#include "memory/policy/policy_driver.h"
#include "memory/policy/workloads.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <vector>

namespace refrain {
namespace {

using testing::items_only;
using testing::PolicyDriver;

using Keys = std::vector<std::uint64_t>;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(CostPolicy, KeepsTheDearAndSmallOverTheCheapAndLarge) {
  CostPolicy policy(items_only(100));
  PolicyDriver driver(policy);
  driver.insert(1, 5'000, 30);
  driver.insert(2, 300'000, 30);
  driver.insert(3, 5'000, 0.1F);
  driver.insert(4, 300'000, 0.1F);

  EXPECT_EQ(driver.evict_all(), (Keys{4, 3, 2, 1}));
}

TEST(CostPolicy, AUseCountsAsMuchAsACost) {
  CostPolicy policy(items_only(100));
  PolicyDriver driver(policy);
  driver.insert(1, 100, 1);
  driver.insert(2, 100, 2.5F);
  driver.insert(3, 100, 4.5F);

  driver.use(1, 2);  // asked for three times, a second each

  EXPECT_EQ(driver.evict_all(), (Keys{2, 1, 3}));
}

TEST(CostPolicy, WhatIsNotUsedAnyMoreLeavesHoweverDear) {
  CostPolicy policy(items_only(10));
  PolicyDriver driver(policy);
  driver.insert(1, 100, 50);
  for (std::uint64_t key = 10; key < 19; ++key)
    driver.insert(key, 100, 1);

  std::uint64_t evictions = 0;
  for (std::uint64_t key = 100; driver.holds(1) && evictions < 1000; ++key, ++evictions)
    driver.insert_for_another(key, 100, 1);

  EXPECT_GT(evictions, 100);
  EXPECT_LT(evictions, 1000);
}

TEST(CostPolicy, WhatComesBackIsWorthMoreThanAtFirst) {
  CostPolicy policy({100, 1 << 20});
  PolicyDriver driver(policy);
  driver.insert(1, 100, 1);
  ASSERT_EQ(driver.evict(), 1);

  driver.insert(1, 100, 1);
  driver.insert(2, 100, 1.5F);

  EXPECT_EQ(driver.evict_all(), (Keys{2, 1}));
}

TEST(CostPolicy, AnOddCostIsThatOfNothingOrOfHoursAndHarmsNoOther) {
  for (const float odd : {kNan, -kNan, 0.0F, -1.0F, -kInfinity, kInfinity, 3e38F}) {
    CostPolicy policy(items_only(100));
    PolicyDriver driver(policy);
    for (int round = 0; round < 3; ++round) {
      for (std::uint64_t key = 0; key < 20; ++key)
        driver.insert(key, 100, key % 3 == 0 ? odd : 1 + static_cast<float>(key) / 10);
      driver.use(3, 2);

      Keys order = driver.evict_all();

      Keys proper;
      std::copy_if(order.begin(), order.end(), std::back_inserter(proper), [](std::uint64_t key) {
        return key % 3 != 0;
      });
      EXPECT_TRUE(std::is_sorted(proper.begin(), proper.end())) << odd << " in round " << round;
      EXPECT_EQ(order.front() % 3 == 0, !(odd > 1)) << odd << " in round " << round;
    }
  }
}

TEST(CostPolicy, AnOddCostDoesNotSpoilTheOrderOfRelease) {
  CostPolicy policy(items_only(100));
  PolicyDriver driver(policy);
  for (std::uint64_t key = 0; key < 60; ++key)
    driver.insert(key, 100, key % 2 == 0 ? kNan : static_cast<float>(100 - key));

  const Keys order = driver.release();

  ASSERT_EQ(order.size(), 60);
  for (std::uint64_t i = 0; i < 30; ++i)
    EXPECT_EQ(order[30 + i], 59 - 2 * i);
}

TEST(CostPolicy, AChargeOfNothingOrOfTheMostIsCounted) {
  CostPolicy policy(items_only(100));
  PolicyDriver driver(policy);
  driver.insert(1, 0, 1);
  driver.insert(2, 1000, 1);
  driver.insert(3, std::numeric_limits<std::uint32_t>::max(), 1);

  EXPECT_EQ(driver.evict_all(), (Keys{3, 2, 1}));
}

TEST(CostPolicy, ErasesTheNextTheLastAndWhateverElse) {
  CostPolicy policy(items_only(100));
  PolicyDriver driver(policy);
  for (std::uint64_t key = 1; key <= 9; ++key)
    driver.insert(key, 100, static_cast<float>(key));

  for (const std::uint64_t key : {1U, 9U, 5U})
    driver.erase(key);

  EXPECT_EQ(driver.evict_all(), (Keys{2, 3, 4, 6, 7, 8}));
}

TEST(CostPolicy, ReleasesEveryEntryInTheOrderOfWorthAndIsUsableAfter) {
  CostPolicy policy(items_only(100));
  PolicyDriver driver(policy);
  for (const std::uint64_t key : {5U, 2U, 9U, 1U, 7U, 3U, 8U, 4U, 6U})
    driver.insert(key, 100, static_cast<float>(key));

  EXPECT_EQ(driver.release(), (Keys{1, 2, 3, 4, 5, 6, 7, 8, 9}));

  EXPECT_TRUE(driver.release().empty());
  driver.insert(2, 100, 2);
  driver.insert(1, 100, 1);
  EXPECT_EQ(driver.evict_all(), (Keys{1, 2}));
}

}  // namespace
}  // namespace refrain
