#include "refrain/memory/policy/lru_policy.h"

#include "memory/policy/policy_driver.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <list>
#include <random>
#include <vector>

namespace refrain {
namespace {

using testing::PolicyDriver;

/// Uses, inserts and erases at random; the list has the least recently used in front.
std::list<std::uint64_t> churn(PolicyDriver& driver, unsigned seed) {
  std::mt19937 random(seed);
  std::list<std::uint64_t> order;
  for (int step = 0; step < 5000; ++step) {
    const std::uint64_t key = random() % 200;
    const auto found = std::find(order.begin(), order.end(), key);
    if (found == order.end()) {
      driver.insert(key);
      order.push_back(key);
    } else if (random() % 8 == 0) {
      driver.erase(key);
      order.erase(found);
    } else {
      driver.use(key);
      order.splice(order.end(), order, found);
    }
    if (order.size() <= 100) continue;
    EXPECT_EQ(driver.evict(), order.front());
    order.pop_front();
  }
  return order;
}

TEST(LruPolicy, EvictsTheLeastRecentlyUsedUnderRandomUses) {
  LruPolicy policy;
  PolicyDriver driver(policy);

  const std::list<std::uint64_t> order = churn(driver, 1);

  EXPECT_EQ(driver.evict_all(), std::vector(order.begin(), order.end()));
}

TEST(LruPolicy, ReleasesTheLeastRecentlyUsedFirstAndIsUsableAfter) {
  LruPolicy policy;
  PolicyDriver driver(policy);
  const std::list<std::uint64_t> order = churn(driver, 2);

  EXPECT_EQ(driver.release(), std::vector(order.begin(), order.end()));

  EXPECT_TRUE(driver.release().empty());
  driver.insert(2);
  driver.insert(1);
  EXPECT_EQ(driver.evict_all(), (std::vector<std::uint64_t>{2, 1}));
}

TEST(LruPolicy, RemembersNothingButTheEntries) {
  EXPECT_EQ(LruPolicy().fixed_bytes(), 0);
}

}  // namespace
}  // namespace refrain
