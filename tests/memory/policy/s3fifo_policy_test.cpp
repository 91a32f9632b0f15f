#include "refrain/memory/policy/s3fifo_policy.h"

#include "memory/policy/policy_driver.h"
#include "memory/policy/workloads.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace refrain {
namespace {

using testing::items_only;
using testing::PolicyDriver;

constexpr std::uint64_t kItems = 100;

/// Brings keys 0 to `count - 1` into the main queue, and nothing else.
void fill_main(PolicyDriver& driver, std::uint64_t count) {
  for (std::uint64_t key = 0; key < count; ++key) {
    driver.insert(key);
    driver.use(key);
  }
  for (std::uint64_t key = 10'000; key < 10'000 + kItems; ++key)
    driver.insert(key);
  driver.evict();
  for (std::uint64_t key = 10'000; key < 10'000 + kItems; ++key)
    if (driver.holds(key)) driver.erase(key);
}

TEST(S3FifoPolicy, OneHitWondersLeaveBeforeAnythingThatWasUsedOnce) {
  S3FifoPolicy policy(items_only(kItems));
  PolicyDriver driver(policy);
  for (std::uint64_t key = 0; key < kItems; ++key) {
    driver.insert(key);
    if (key % 4 == 0) driver.use(key);
  }

  // All but the tenth that the small queue may have.
  for (std::uint64_t i = 0; i < kItems * 3 / 4 - kItems / 10; ++i)
    EXPECT_NE(driver.evict() % 4, 0);
}

TEST(S3FifoPolicy, AKeyThatComesBackSoonEntersTheMainQueue) {
  S3FifoPolicy policy(items_only(kItems));
  PolicyDriver driver(policy);
  for (std::uint64_t key = 0; key < kItems; ++key)
    driver.insert(key);
  ASSERT_EQ(driver.insert_for_another(1000), 0);
  driver.insert_for_another(0);

  // A flood goes through the small queue.
  for (std::uint64_t key = 2000; key < 2000 + kItems; ++key)
    driver.insert_for_another(key);

  EXPECT_TRUE(driver.holds(0));
  EXPECT_FALSE(driver.holds(1000));
}

TEST(S3FifoPolicy, AKeyThatComesBackTooLateDoesNot) {
  S3FifoPolicy policy(items_only(kItems));
  PolicyDriver driver(policy);
  for (std::uint64_t key = 0; key < kItems; ++key)
    driver.insert(key);
  ASSERT_EQ(driver.insert_for_another(1000), 0);
  for (std::uint64_t key = 2000; key < 2000 + kItems; ++key)
    driver.insert_for_another(key);
  driver.insert_for_another(0);

  for (std::uint64_t key = 3000; key < 3000 + kItems; ++key)
    driver.insert_for_another(key);

  EXPECT_FALSE(driver.holds(0));
}

TEST(S3FifoPolicy, InTheMainQueueEveryUseUpToThreeIsARoundMore) {
  S3FifoPolicy policy(items_only(kItems));
  PolicyDriver driver(policy);
  fill_main(driver, 6);
  for (std::uint64_t key = 0; key < 6; ++key)
    driver.use(key, static_cast<int>(key));

  // Three uses are the most that count: the last three are as good as one another.
  EXPECT_EQ(driver.evict_all(), (std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5}));

  fill_main(driver, 6);
  for (std::uint64_t key = 0; key < 6; ++key)
    driver.use(key, static_cast<int>(6 - key));

  EXPECT_EQ(driver.evict_all(), (std::vector<std::uint64_t>{5, 4, 0, 1, 2, 3}));
}

TEST(S3FifoPolicy, ErasesFromBothQueues) {
  S3FifoPolicy policy(items_only(kItems));
  PolicyDriver driver(policy);
  fill_main(driver, 3);
  for (const std::uint64_t key : {10U, 11U, 12U})
    driver.insert(key);

  for (const std::uint64_t key : {0U, 2U, 10U, 12U})
    driver.erase(key);

  EXPECT_EQ(driver.evict_all(), (std::vector<std::uint64_t>{1, 11}));
}

TEST(S3FifoPolicy, ReleasesTheSmallQueueBeforeTheMainQueueAndIsUsableAfter) {
  S3FifoPolicy policy(items_only(kItems));
  PolicyDriver driver(policy);
  fill_main(driver, 2);
  for (const std::uint64_t key : {10U, 11U})
    driver.insert(key);

  EXPECT_EQ(driver.release(), (std::vector<std::uint64_t>{10, 11, 0, 1}));

  EXPECT_TRUE(driver.release().empty());
  driver.insert(7);
  EXPECT_EQ(driver.evict(), 7);
}

TEST(S3FifoPolicy, ATinyCacheTakesInANewWorkingSet) {
  for (const std::uint64_t items : {2U, 5U, 9U}) {
    S3FifoPolicy policy({items, 100 * items});
    PolicyDriver driver(policy);
    for (std::uint64_t key = 0; key < items; ++key)
      driver.insert(key, 100);
    for (int round = 0; round < 3; ++round) {
      for (std::uint64_t key = 0; key < items; ++key)
        if (driver.holds(key)) driver.use(key);
      driver.insert_for_another(500 + static_cast<std::uint64_t>(round), 100);
    }

    int hits = 0;
    for (int request = 0; request < 100; ++request) {
      const std::uint64_t key = 1000 + static_cast<std::uint64_t>(request) % 2;
      if (driver.holds(key)) {
        driver.use(key);
        ++hits;
      } else {
        driver.insert_for_another(key, 100);
      }
    }

    EXPECT_GT(hits, 80) << items << " items";
  }
}

TEST(S3FifoPolicy, ANewEntryOfMoreThanATenthOfTheRoomIsGivenTheTimeToBeUsed) {
  S3FifoPolicy policy({kItems, 10'000});
  PolicyDriver driver(policy);
  for (std::uint64_t key = 0; key < 5; ++key) {
    driver.insert(key, 1500);
    driver.use(key);
  }
  driver.insert(1000, 2500);

  driver.evict();

  EXPECT_TRUE(driver.holds(1000));
}

}  // namespace
}  // namespace refrain
