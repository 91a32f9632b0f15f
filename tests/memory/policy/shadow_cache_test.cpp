#include "refrain/memory/policy/shadow_cache.h"

#include "memory/policy/workloads.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <limits>

namespace refrain {
namespace {

using testing::access_to;
using testing::hash_of;
using testing::items_only;
using testing::ZipfKeys;

CacheAccess timed(std::uint64_t key, std::int64_t now, std::int64_t until) {
  CacheAccess access = access_to(key);
  access.now = now;
  access.until = until;
  return access;
}

TEST(ShadowCache, HitsWhatItWasAskedForBeforeAndStillHolds) {
  ShadowCache cache(PolicyKind::kLru, items_only(2));

  EXPECT_FALSE(cache.access(access_to(1)));
  EXPECT_FALSE(cache.access(access_to(2)));
  EXPECT_TRUE(cache.access(access_to(1)));
  EXPECT_FALSE(cache.access(access_to(3)));
  EXPECT_TRUE(cache.access(access_to(1)));
  EXPECT_FALSE(cache.access(access_to(2)));
}

TEST(ShadowCache, AnEntryWhoseTimeIsOverIsMissedAndTakenInAnew) {
  ShadowCache cache(PolicyKind::kLru, items_only(2));
  cache.access(timed(1, 0, 10));

  EXPECT_TRUE(cache.access(timed(1, 9, 19)));
  EXPECT_FALSE(cache.access(timed(1, 10, 20)));
  EXPECT_TRUE(cache.access(timed(1, 19, 29)));
  EXPECT_EQ(cache.load(), (CacheLimits{1, 1}));
}

TEST(ShadowCache, BothLimitsBind) {
  ShadowCache cache(PolicyKind::kLru, {3, 100});
  for (std::uint64_t key = 0; key < 5; ++key)
    cache.access(access_to(key, 10));
  EXPECT_EQ(cache.load(), (CacheLimits{3, 30}));

  cache.access(access_to(10, 80));

  EXPECT_EQ(cache.load(), (CacheLimits{3, 100}));
  cache.access(access_to(11, 81));
  EXPECT_EQ(cache.load(), (CacheLimits{1, 81}));
}

TEST(ShadowCache, RefusesWhatIsMoreThanAllItsRoom) {
  ShadowCache cache(PolicyKind::kLru, {3, 100});
  cache.access(access_to(1, 100));

  EXPECT_FALSE(cache.access(access_to(2, 101)));
  EXPECT_FALSE(cache.access(access_to(3, std::numeric_limits<std::uint32_t>::max())));

  EXPECT_TRUE(cache.access(access_to(1, 100)));
}

TEST(ShadowCache, OfNoRoomHoldsNothing) {
  for (const CacheLimits limits : {CacheLimits{0, 100}, CacheLimits{100, 0}, CacheLimits{0, 0}}) {
    for (const PolicyKind kind : kPolicyKinds) {
      if (kind == PolicyKind::kAdaptive) continue;
      ShadowCache cache(kind, limits);
      EXPECT_FALSE(cache.access(access_to(1)));
      EXPECT_FALSE(cache.access(access_to(1)));
      EXPECT_EQ(cache.load(), CacheLimits{});
    }
  }
}

TEST(ShadowCache, FollowsLimitsAtOnceUpAndDown) {
  for (const PolicyKind kind : kPolicyKinds) {
    if (kind == PolicyKind::kAdaptive) continue;
    ShadowCache cache(kind, items_only(100));
    for (std::uint64_t key = 0; key < 200; ++key)
      cache.access(access_to(key));

    cache.set_limits({10, 5});
    EXPECT_EQ(cache.load(), (CacheLimits{5, 5})) << name_of(kind);

    cache.set_limits(items_only(50));
    for (std::uint64_t key = 1000; key < 1200; ++key)
      cache.access(access_to(key));
    EXPECT_EQ(cache.load(), (CacheLimits{50, 50})) << name_of(kind);
  }
}

TEST(ShadowCache, AnotherPolicyGoesOnOverWhatIsHeld) {
  ShadowCache cache(PolicyKind::kTinyLfu, items_only(100));
  ZipfKeys keys(1000);
  for (int i = 0; i < 5000; ++i)
    cache.access(access_to(keys.next()));

  for (const PolicyKind kind :
       {PolicyKind::kLru, PolicyKind::kCost, PolicyKind::kS3Fifo, PolicyKind::kTinyLfu}) {
    const CacheLimits before = cache.load();
    std::uint64_t held = 0;
    for (std::uint64_t key = 0; key < 1000; ++key)
      if (cache.holds(hash_of(key))) ++held;
    ASSERT_EQ(held, 100);

    cache.set_policy(kind);

    EXPECT_EQ(cache.policy(), kind);
    EXPECT_EQ(cache.load(), before);
    for (int i = 0; i < 5000; ++i)
      cache.access(access_to(keys.next()));
    EXPECT_EQ(cache.load(), before);
  }
}

TEST(ShadowCache, ErasesAndKeepsOnly) {
  ShadowCache cache(PolicyKind::kS3Fifo, items_only(100));
  for (std::uint64_t key = 0; key < 10; ++key)
    cache.access(access_to(key));

  EXPECT_TRUE(cache.erase(hash_of(3)));
  EXPECT_FALSE(cache.erase(hash_of(3)));
  cache.keep_only([](std::uint64_t hash) { return hash == hash_of(1) || hash == hash_of(3); });

  EXPECT_TRUE(cache.holds(hash_of(1)));
  EXPECT_EQ(cache.load(), (CacheLimits{1, 1}));
}

TEST(ShadowCache, ItsMemoryDoesNotGrowOnceItIsFull) {
  ShadowCache cache(PolicyKind::kTinyLfu, items_only(1000));
  for (std::uint64_t key = 0; key < 5000; ++key)
    cache.access(access_to(key));
  const std::size_t full = cache.bytes();

  for (std::uint64_t key = 5000; key < 50'000; ++key)
    cache.access(access_to(key));

  EXPECT_EQ(cache.bytes(), full);
  EXPECT_LT(full, 1000 * 300);
}

}  // namespace
}  // namespace refrain
