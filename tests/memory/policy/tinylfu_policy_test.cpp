#include "refrain/memory/policy/tinylfu_policy.h"

#include "memory/policy/policy_driver.h"
#include "memory/policy/workloads.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace refrain {
namespace {

using testing::items_only;
using testing::PolicyDriver;

constexpr std::uint64_t kItems = 100;

std::vector<std::uint64_t> keys_up_to(std::uint64_t end) {
  std::vector<std::uint64_t> keys(end);
  std::iota(keys.begin(), keys.end(), 0);
  return keys;
}

void fill(PolicyDriver& driver, std::uint64_t count, int uses) {
  for (std::uint64_t key = 0; key < count; ++key)
    driver.insert(key);
  for (std::uint64_t key = 0; key < count; ++key)
    driver.use(key, uses);
}

TEST(TinyLfuPolicy, ACandidateThatWasAskedForNoMoreOftenThanTheVictimLeaves) {
  TinyLfuPolicy policy(items_only(kItems));
  PolicyDriver driver(policy);
  fill(driver, kItems, 1);

  // The window holds one: each new entry makes a candidate of the one before it.
  EXPECT_EQ(driver.insert_for_another(1000), 1000);  // the one before it was used meanwhile
  EXPECT_EQ(driver.insert_for_another(1001), 99);    // as often as the victim
  for (std::uint64_t key = 1002; key < 1020; ++key)
    EXPECT_EQ(driver.insert_for_another(key), key - 1);
}

TEST(TinyLfuPolicy, ACandidateThatWasAskedForMoreOftenStays) {
  TinyLfuPolicy policy(items_only(kItems));
  PolicyDriver driver(policy);
  fill(driver, kItems, 0);
  for (std::uint64_t stranger = 1000; stranger < 1010; ++stranger)
    driver.insert_for_another(stranger);

  // The third time its frequency is more than that of those who came once.
  for (const std::uint64_t other : {2000U, 2001U, 2002U}) {
    if (!driver.holds(500)) driver.insert_for_another(500);
    driver.insert_for_another(other);
  }

  EXPECT_TRUE(driver.holds(500));
}

TEST(TinyLfuPolicy, WhatWasOftenUsedLongAgoGivesWay) {
  TinyLfuPolicy policy(items_only(kItems));
  PolicyDriver driver(policy);
  fill(driver, kItems, 20);

  // A new working set, asked for in turn.
  for (int round = 0; round < 60; ++round)
    for (std::uint64_t key = 1000; key < 1000 + kItems / 2; ++key) {
      if (driver.holds(key)) {
        driver.use(key);
      } else {
        driver.insert_for_another(key);
      }
    }

  std::uint64_t held = 0;
  for (std::uint64_t key = 1000; key < 1000 + kItems / 2; ++key)
    if (driver.holds(key)) ++held;
  EXPECT_GT(held, kItems / 2 * 9 / 10);
}

TEST(TinyLfuPolicy, ErasesTheCandidateTheVictimAndTheNewest) {
  TinyLfuPolicy policy(items_only(kItems));
  PolicyDriver driver(policy);
  fill(driver, 10, 0);

  driver.erase(8);  // the candidate: the last to leave the window
  driver.erase(0);  // the victim
  driver.erase(9);  // in the window

  std::vector<std::uint64_t> left = driver.evict_all();
  std::sort(left.begin(), left.end());
  EXPECT_EQ(left, (std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7}));
}

TEST(TinyLfuPolicy, EvictsEveryEntryOfEveryQueueOnce) {
  TinyLfuPolicy policy(items_only(kItems));
  PolicyDriver driver(policy);
  fill(driver, kItems, 2);
  for (std::uint64_t key = kItems; key < 2 * kItems; ++key)
    driver.insert(key);

  std::vector<std::uint64_t> left = driver.evict_all();

  std::sort(left.begin(), left.end());
  EXPECT_EQ(left, keys_up_to(2 * kItems));
}

TEST(TinyLfuPolicy, ReleasesWhatWasNotUsedInOrderThenTheNewestThenWhatWasUsed) {
  TinyLfuPolicy policy(items_only(kItems));
  PolicyDriver driver(policy);
  fill(driver, 10, 0);
  driver.use(0);
  driver.use(1);
  driver.insert_for_another(10);  // notices the uses, and lets the candidate go: 9
  driver.insert(11);

  EXPECT_EQ(driver.release(), (std::vector<std::uint64_t>{2, 3, 4, 5, 6, 7, 8, 10, 11, 0, 1}));

  EXPECT_TRUE(driver.release().empty());
  driver.insert(7);
  EXPECT_EQ(driver.evict(), 7);
}

TEST(TinyLfuPolicy, FollowsItsLimitsUpAndDown) {
  TinyLfuPolicy policy(items_only(kItems));
  PolicyDriver driver(policy);
  fill(driver, kItems, 1);

  policy.set_limits(items_only(5));
  while (driver.size() > 5)
    driver.evict();
  driver.insert_for_another(1000);
  EXPECT_EQ(driver.size(), 5);

  policy.set_limits(items_only(kItems));
  for (std::uint64_t key = 2000; key < 2000 + kItems; ++key)
    driver.insert(key);
  EXPECT_EQ(driver.evict_all().size(), 5 + kItems);
}

TEST(TinyLfuPolicy, AWarmCandidateIsLetInOnceInAWhileHoweverFrequentTheVictims) {
  // Who knows the hash can make victims look frequent; here they are.
  constexpr std::uint64_t kMany = 2000;
  TinyLfuPolicy policy(items_only(kMany));
  PolicyDriver driver(policy);
  fill(driver, kMany, 6);

  // The seventh time a candidate is as frequent as they are, and not more so.
  for (int times = 0; times < 7; ++times)
    for (std::uint64_t key = 10'000; key < 10'200; ++key)
      if (!driver.holds(key)) driver.insert_for_another(key);
  for (std::uint64_t stranger = 1'000'000; stranger < 1'000'100; ++stranger)
    driver.insert_for_another(stranger);

  int admitted = 0;
  for (std::uint64_t key = 10'000; key < 10'200; ++key)
    if (driver.holds(key)) ++admitted;
  EXPECT_GT(admitted, 0);
  EXPECT_LT(admitted, 20);
}

}  // namespace
}  // namespace refrain
