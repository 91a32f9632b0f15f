/// @file
/// A memory cache's limits change while it runs.

#include "refrain/memory/memory_cache.h"

#include "support/manual_clock.h"
#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace refrain::testing {
namespace {

constexpr std::size_t kPlenty = std::size_t{1} << 30;

WallTime start() {
  return ManualClock().now();
}

MemoryCache::Config config_of(std::size_t max_items, std::size_t max_size_bytes = kPlenty) {
  MemoryCache::Config config;
  config.max_items = max_items;
  config.max_size_bytes = max_size_bytes;
  config.has_forecast = false;
  return config;
}

void fill(MemoryCache& cache, int count) {
  for (int i = 0; i < count; ++i)
    cache.insert(sample_entry(sample_key(std::to_string(i)), start()), start());
}

bool has(MemoryCache& cache, int number) {
  return cache.find(sample_key(std::to_string(number)), start()).has_value();
}

TEST(MemoryCacheLimits, FewerItemsBindAtOnceAndTheRestGoesOnHitting) {
  MemoryCache cache(config_of(100));
  fill(cache, 100);

  cache.set_limits(30, kPlenty);

  EXPECT_EQ(cache.stats().items, 30);
  EXPECT_EQ(cache.stats().max_items, 30);
  EXPECT_EQ(cache.stats().removals.capacity, 70);
  EXPECT_FALSE(has(cache, 69));
  EXPECT_TRUE(has(cache, 70));
  cache.check_invariants();
}

TEST(MemoryCacheLimits, FewerBytesBindAtOnce) {
  MemoryCache cache(config_of(100));
  fill(cache, 100);
  const std::int64_t each = cache.stats().size_bytes / 100;

  cache.set_limits(100, static_cast<std::size_t>(10 * each));

  EXPECT_EQ(cache.stats().items, 10);
  EXPECT_EQ(cache.stats().max_size_bytes, 10 * each);
  EXPECT_TRUE(has(cache, 99));
  cache.check_invariants();
}

TEST(MemoryCacheLimits, MoreRoomIsUsed) {
  MemoryCache cache(config_of(10));
  fill(cache, 100);

  cache.set_limits(60, kPlenty);
  fill(cache, 100);

  EXPECT_EQ(cache.stats().items, 60);
}

TEST(MemoryCacheLimits, NoRoomEmptiesTheCacheUntilThereIsSomeAgain) {
  MemoryCache cache(config_of(10));
  fill(cache, 10);

  cache.set_limits(0, kPlenty);
  fill(cache, 1);
  EXPECT_EQ(cache.stats().items, 0);
  EXPECT_EQ(cache.stats().refusals, 1);
  cache.set_limits(10, kPlenty);
  fill(cache, 10);

  EXPECT_EQ(cache.stats().items, 10);
}

TEST(MemoryCacheLimits, TheShardsShareNewLimitsToTheItem) {
  MemoryCache cache(config_of(40'000));
  ASSERT_GT(cache.shard_count(), 1U);
  fill(cache, 20'000);

  cache.set_limits(1001, kPlenty);

  EXPECT_EQ(cache.stats().items, 1001);
  cache.check_invariants();
}

}  // namespace
}  // namespace refrain::testing
