#include "refrain/memory/policy/eviction_policy.h"

#include "refrain/memory/policy/policy_kind.h"
#include "refrain/memory/policy/shadow_cache.h"

#include "memory/policy/policy_driver.h"
#include "memory/policy/workloads.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace refrain {
namespace {

using testing::access_to;
using testing::hash_of;
using testing::items_only;
using testing::PolicyDriver;
using testing::ZipfKeys;

TEST(NoteUse, CountsUpToTwoHundredAndFiftyFiveUntilTaken) {
  Resident entry;
  note_use(entry, 7);
  note_use(entry, 9);

  EXPECT_EQ(entry.last_use, 9);
  EXPECT_EQ(take_uses(entry), 2);
  EXPECT_EQ(take_uses(entry), 0);

  for (std::uint64_t i = 0; i < 300; ++i)
    note_use(entry, i);
  EXPECT_EQ(take_uses(entry), 255);
}

/// What is true of every policy.
class EveryPolicy : public ::testing::TestWithParam<PolicyKind> {};

INSTANTIATE_TEST_SUITE_P(All,
                         EveryPolicy,
                         ::testing::Values(PolicyKind::kLru,
                                           PolicyKind::kS3Fifo,
                                           PolicyKind::kTinyLfu,
                                           PolicyKind::kCost),
                         [](const ::testing::TestParamInfo<PolicyKind>& info) {
                           return std::string(name_of(info.param));
                         });

TEST_P(EveryPolicy, ReleasesEveryEntryOnceWhateverHappenedBefore) {
  const auto policy = make_policy(GetParam(), items_only(50));
  PolicyDriver driver(*policy);
  ZipfKeys keys(300);
  for (int i = 0; i < 3000; ++i) {
    const std::uint64_t key = keys.next();
    if (driver.holds(key)) {
      driver.use(key);
    } else if (driver.size() < 50) {
      driver.insert(key);
    } else {
      driver.insert_for_another(key);
    }
  }

  const std::vector<std::uint64_t> released = driver.release();

  EXPECT_EQ(released.size(), 50);
  EXPECT_EQ(std::set(released.begin(), released.end()).size(), 50);
}

TEST_P(EveryPolicy, HoldsOneEntryAndReplacesIt) {
  const auto policy = make_policy(GetParam(), items_only(1));
  PolicyDriver driver(*policy);
  driver.insert(1);
  driver.use(1);

  driver.insert(2);
  driver.evict();
  EXPECT_EQ(driver.size(), 1);

  driver.evict();
  driver.insert(3);
  EXPECT_EQ(driver.evict(), 3);
}

TEST_P(EveryPolicy, RemembersAtMostThreePercentOfTheBytesItIsFor) {
  for (const std::size_t bytes :
       {std::size_t{1} << 20U, std::size_t{100'000'000}, (std::size_t{1} << 30U) + 512}) {
    const auto policy = make_policy(GetParam(), {std::numeric_limits<std::size_t>::max(), bytes});
    EXPECT_LE(policy->fixed_bytes(), bytes * 3 / 100) << bytes;
  }
  EXPECT_LE(make_policy(GetParam(), {0, 0})->fixed_bytes(), 512);
  EXPECT_LE(make_policy(GetParam(), items_only(10))->fixed_bytes(), 512);
}

TEST_P(EveryPolicy, RemembersAsMuchAsItsNewLimitsSay) {
  const auto policy = make_policy(GetParam(), items_only(100'000));
  const std::size_t large = policy->fixed_bytes();

  policy->set_limits(items_only(100));
  EXPECT_LE(policy->fixed_bytes(), 2000);

  policy->set_limits(items_only(100'000));
  EXPECT_EQ(policy->fixed_bytes(), large);
}

TEST_P(EveryPolicy, WhatIsOverAndAskedForAgainIsNoStranger) {
  // Answers are over after as many requests as the cache holds entries, five times over.
  constexpr int kRequests = 200'000;
  const auto hit_ratio = [](PolicyKind kind) {
    ShadowCache cache(kind, items_only(2000));
    ZipfKeys keys(20'000);
    int hits = 0;
    for (int i = 0; i < kRequests; ++i) {
      CacheAccess access = access_to(keys.next());
      access.now = i;
      access.until = i + 10'000;
      if (cache.access(access)) ++hits;
    }
    return static_cast<double>(hits) / kRequests;
  };

  EXPECT_GT(hit_ratio(GetParam()), hit_ratio(PolicyKind::kLru) - 0.02);
}

TEST_P(EveryPolicy, FollowsAWorkloadThatDriftsThoughItsEntriesAreFewerThanExpected) {
  constexpr int kRequests = 400'000;
  const auto hit_ratio = [](PolicyKind kind, std::size_t most_items) {
    ShadowCache cache(kind, {most_items, std::size_t{500} * 30'000});
    ZipfKeys keys(5000);
    int hits = 0;
    for (int i = 0; i < kRequests; ++i) {
      const std::uint64_t drift = static_cast<std::uint64_t>(i) / 40'000 * 800;
      if (cache.access(access_to(keys.next() + drift, 30'000))) ++hits;
    }
    return static_cast<double>(hits) / kRequests;
  };

  EXPECT_GT(hit_ratio(GetParam(), 1'000'000), hit_ratio(GetParam(), 500) - 0.03);
}

/// Hits of 20 keys that are asked for often, while a client asks for others, three for each, in a
/// cache of 100.
class UnderFlood : public ::testing::TestWithParam<PolicyKind> {
protected:
  template <class Stranger>
  double hit_ratio_beside(const Stranger& stranger) {
    ShadowCache cache(GetParam(), items_only(100));
    for (int i = 0; i < 400; ++i)
      cache.access(access_to(static_cast<std::uint64_t>(i % 20)));
    int hits = 0;
    constexpr int kRequests = 20'000;
    for (int i = 0; i < kRequests; ++i) {
      // Every one of them returns after 20 others and 60 strangers.
      if (cache.access(access_to(static_cast<std::uint64_t>(i % 20)))) ++hits;
      for (std::uint64_t j = 0; j < 15; ++j) {
        CacheAccess access;
        access.hash = stranger(static_cast<std::uint64_t>(i) * 15 + j);
        cache.access(access);
      }
    }
    return static_cast<double>(hits) / kRequests;
  }
};

INSTANTIATE_TEST_SUITE_P(All,
                         UnderFlood,
                         ::testing::Values(PolicyKind::kS3Fifo,
                                           PolicyKind::kTinyLfu,
                                           PolicyKind::kCost),
                         [](const ::testing::TestParamInfo<PolicyKind>& info) {
                           return std::string(name_of(info.param));
                         });

TEST_P(UnderFlood, OfOneHitWondersKeepsWhatIsUsedOften) {
  EXPECT_GT(hit_ratio_beside([](std::uint64_t n) { return hash_of(1000 + n); }), 0.95);
}

TEST_P(UnderFlood, OfKeysThatShareAllButFewBitsKeepsWhatIsUsedOften) {
  // All that a sketch may make of them is the same, until it looks at more than some bits.
  for (const unsigned shift : {0U, 20U, 44U}) {
    const std::uint64_t base = hash_of(1'000'000);
    const auto colliding = [=](std::uint64_t n) {
      return base ^ (n + 1) << shift;
    };
    EXPECT_GT(hit_ratio_beside(colliding), 0.9) << "bits from " << shift;
  }
}

TEST_P(UnderFlood, OfAFewKeysAgainAndAgainLeavesTheirShareToWhatIsUsedAsOften) {
  // All 320 keys are asked for equally often, and 100 have room.
  EXPECT_GT(hit_ratio_beside([](std::uint64_t n) { return hash_of(1000 + n % 300); }), 0.28);
}

}  // namespace
}  // namespace refrain
