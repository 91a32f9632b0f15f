#include "refrain/memory/memory_cache.h"

#include "support/manual_clock.h"
#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace refrain::testing {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr std::size_t kPlenty = std::size_t{1} << 40;

WallTime start() {
  return ManualClock().now();
}

MemoryCache::Config limits(std::size_t max_items, std::size_t max_size_bytes = kPlenty) {
  MemoryCache::Config config;
  config.max_items = max_items;
  config.max_size_bytes = max_size_bytes;
  config.has_forecast = false;  // it would count among the bytes
  return config;
}

Entry entry_of(std::string_view name, std::string_view body = "body") {
  return sample_entry(sample_key(name), start(), body);
}

Entry entry_until(std::string_view name, WallTime fresh_until, WallTime usable_until) {
  EntryMetadata metadata;
  metadata.key = sample_key(name);
  metadata.created = start();
  metadata.fresh_until = fresh_until;
  metadata.usable_until = usable_until;
  return Entry::make(metadata, "text/plain", "body");
}

bool has(MemoryCache& cache, std::string_view name, WallTime now = start()) {
  return cache.find(sample_key(name), now).has_value();
}

void fill(MemoryCache& cache, int count) {
  for (int i = 0; i < count; ++i)
    cache.insert(entry_of(std::to_string(i)), start());
}

std::int64_t charge_of(const Entry& entry) {
  return static_cast<std::int64_t>(entry.charge() + MemoryCache::kItemOverhead);
}

TEST(MemoryCache, ForgetsTheLeastRecentlyUsedFirst) {
  MemoryCache cache(limits(3));
  fill(cache, 3);

  cache.insert(entry_of("3"), start());

  EXPECT_FALSE(has(cache, "0"));
  EXPECT_TRUE(has(cache, "1"));
  EXPECT_TRUE(has(cache, "2"));
  EXPECT_TRUE(has(cache, "3"));
  EXPECT_EQ(cache.stats().removals.capacity, 1);
}

TEST(MemoryCache, AFoundEntryIsTheMostRecentlyUsed) {
  MemoryCache cache(limits(3));
  fill(cache, 3);

  EXPECT_TRUE(has(cache, "0"));
  cache.insert(entry_of("3"), start());

  EXPECT_TRUE(has(cache, "0"));
  EXPECT_FALSE(has(cache, "1"));
}

TEST(MemoryCache, AReplacedEntryIsTheMostRecentlyUsed) {
  MemoryCache cache(limits(3));
  fill(cache, 3);

  cache.insert(entry_of("0", "newer"), start());
  cache.insert(entry_of("3"), start());

  EXPECT_TRUE(has(cache, "0"));
  EXPECT_FALSE(has(cache, "1"));
}

TEST(MemoryCache, WhatAThreadStoresThatComesLateIsTheMostRecentlyUsed) {
  MemoryCache cache(limits(3));
  fill(cache, 5'000);

  std::jthread([&cache] { cache.insert(entry_of("late"), start()); }).join();
  fill(cache, 2);

  EXPECT_TRUE(has(cache, "late"));
}

TEST(MemoryCache, AUseByAThreadThatComesLateMakesNoEntryOlder) {
  MemoryCache cache(limits(3));
  fill(cache, 5'000);

  std::jthread([&cache] { EXPECT_TRUE(has(cache, "4999")); }).join();
  fill(cache, 2);

  EXPECT_TRUE(has(cache, "4999"));
}

TEST(MemoryCache, AMissChangesNoOrder) {
  MemoryCache cache(limits(2));
  fill(cache, 2);

  EXPECT_FALSE(has(cache, "unknown"));
  cache.insert(entry_of("2"), start());

  EXPECT_FALSE(has(cache, "0"));
  EXPECT_TRUE(has(cache, "1"));
}

TEST(MemoryCache, HoldsExactlyAsManyItemsAsAllowedWhenSmall) {
  for (const int max_items : {1, 10, 100, 1000, 8191}) {
    MemoryCache cache(limits(static_cast<std::size_t>(max_items)));

    fill(cache, max_items);
    EXPECT_EQ(cache.stats().items, max_items);
    EXPECT_EQ(cache.stats().removals.capacity, 0);
    fill(cache, 2 * max_items);

    EXPECT_EQ(cache.stats().items, max_items);
    cache.check_invariants();
  }
}

TEST(MemoryCache, IsOffWithoutItems) {
  MemoryCache cache(limits(0));

  EXPECT_EQ(cache.insert(entry_of("a"), start()), InsertOutcome::kRefused);

  EXPECT_FALSE(has(cache, "a"));
  EXPECT_EQ(cache.stats().refusals, 1);
  EXPECT_EQ(cache.stats().misses, 1);
  EXPECT_EQ(cache.stats().max_items, 0);
}

TEST(MemoryCache, IsOffWithoutBytes) {
  MemoryCache cache(limits(10, 0));

  EXPECT_EQ(cache.insert(entry_of("a"), start()), InsertOutcome::kRefused);

  EXPECT_FALSE(has(cache, "a"));
  EXPECT_EQ(cache.stats().refusals, 1);
}

TEST(MemoryCache, IsOffWithoutTime) {
  MemoryCache::Config config = limits(10);
  config.ttl = seconds(0);
  MemoryCache cache(config);

  EXPECT_EQ(cache.insert(entry_of("a"), start()), InsertOutcome::kRefused);

  EXPECT_FALSE(has(cache, "a"));
}

TEST(MemoryCache, CountsTheBytesOfEntriesWithTheirOverhead) {
  MemoryCache cache(limits(10));
  const Entry small = entry_of("small");
  const Entry large = entry_of("large", std::string(5000, 'x'));

  cache.insert(small, start());
  cache.insert(large, start());
  EXPECT_EQ(cache.stats().size_bytes, charge_of(small) + charge_of(large));
  cache.erase(sample_key("large"));

  EXPECT_EQ(cache.stats().size_bytes, charge_of(small));
}

TEST(MemoryCache, HoldsWhatFitsToTheByte) {
  const Entry entry = entry_of("0");
  const auto three = static_cast<std::size_t>(3 * charge_of(entry));
  MemoryCache exact(limits(100, three));
  MemoryCache one_less(limits(100, three - 1));

  fill(exact, 3);
  fill(one_less, 3);

  EXPECT_EQ(exact.stats().items, 3);
  EXPECT_EQ(one_less.stats().items, 2);
}

TEST(MemoryCache, EvictsAsManyAsALargeEntryNeedsTheRoomOf) {
  const auto ten = static_cast<std::size_t>(10 * charge_of(entry_of("0")));
  MemoryCache cache(limits(100, ten));
  fill(cache, 10);

  cache.insert(
      entry_of("large", std::string(static_cast<std::size_t>(charge_of(entry_of("0"))) * 7, 'x')),
      start());

  EXPECT_TRUE(has(cache, "large"));
  EXPECT_EQ(cache.stats().removals.capacity, 8);
  EXPECT_TRUE(has(cache, "9"));
  EXPECT_TRUE(has(cache, "8"));
  EXPECT_FALSE(has(cache, "7"));
  cache.check_invariants();
}

TEST(MemoryCache, RefusesAnEntryThatIsTooLargeAndKeepsTheOthers) {
  MemoryCache cache(limits(100, 10'000));
  fill(cache, 3);

  EXPECT_EQ(cache.insert(entry_of("large", std::string(10'000, 'x')), start()),
            InsertOutcome::kRefused);

  EXPECT_FALSE(has(cache, "large"));
  EXPECT_EQ(cache.stats().refusals, 1);
  EXPECT_EQ(cache.stats().items, 3);
}

TEST(MemoryCache, GivesNoOlderAnswerAfterANewerOneWasTooLarge) {
  MemoryCache cache(limits(100, 10'000));
  cache.insert(entry_of("a", "older"), start());

  cache.insert(entry_of("a", std::string(10'000, 'x')), start());

  EXPECT_FALSE(has(cache, "a"));
  EXPECT_EQ(cache.stats().removals.replaced, 1);
  cache.check_invariants();
}

TEST(MemoryCache, KeepsAnEntryWhenAnExpiredOneIsOfferedForItsKey) {
  MemoryCache cache(limits(10));
  cache.insert(entry_of("a"), start());

  EXPECT_EQ(cache.insert(entry_until("a", start(), start()), start()), InsertOutcome::kRefused);

  EXPECT_TRUE(has(cache, "a"));
}

TEST(MemoryCache, NeverReturnsWhatIsNoLongerUsableThoughItClaimsToBeFresh) {
  MemoryCache cache(limits(10));
  cache.insert(entry_until("a", start() + hours(10), start() + seconds(5)), start());

  EXPECT_TRUE(has(cache, "a", start() + seconds(4)));
  EXPECT_FALSE(has(cache, "a", start() + seconds(5)));
}

TEST(MemoryCache, CountsAnExpiredEntryAsAMissAndDropsIt) {
  MemoryCache cache(limits(10));
  cache.insert(entry_until("a", start() + seconds(1), start() + seconds(5)), start());

  EXPECT_FALSE(has(cache, "a", start() + seconds(5)));

  EXPECT_EQ(cache.stats().items, 0);
  EXPECT_EQ(cache.stats().size_bytes, 0);
  EXPECT_EQ(cache.stats().removals.expired, 1);
  EXPECT_EQ(cache.stats().misses, 1);
}

TEST(MemoryCache, ReturnsTheBytesWithoutCopyingThem) {
  MemoryCache cache(limits(10));
  const Entry entry = entry_of("a");
  cache.insert(entry, start());

  const std::optional<Entry> found = cache.find(sample_key("a"), start());

  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->body().data(), entry.body().data());
}

TEST(MemoryCache, AnEvictedValueLivesOnWhileAReaderHoldsIt) {
  MemoryCache cache(limits(1));
  cache.insert(entry_of("a", "still here"), start());
  const std::optional<Entry> held = cache.find(sample_key("a"), start());

  cache.insert(entry_of("b"), start());
  cache.clear();

  ASSERT_TRUE(held.has_value());
  EXPECT_EQ(held->body(), "still here");
}

TEST(MemoryCache, ClearForgetsTheEntriesAndKeepsTheCounts) {
  MemoryCache cache(limits(10));
  fill(cache, 5);
  EXPECT_TRUE(has(cache, "0"));

  cache.clear();

  const TierStats stats = cache.stats();
  EXPECT_EQ(stats.items, 0);
  EXPECT_EQ(stats.size_bytes, 0);
  EXPECT_EQ(stats.insertions, 5);
  EXPECT_EQ(stats.removals.invalidated, 5);
  EXPECT_EQ(stats.hits, 1);
  cache.check_invariants();
}

TEST(MemoryCache, IsOneShardWhileItIsSmall) {
  EXPECT_EQ(MemoryCache(limits(10)).shard_count(), 1U);
  EXPECT_EQ(MemoryCache(limits(8191)).shard_count(), 1U);
  EXPECT_EQ(MemoryCache(limits(1'000'000, std::size_t{31} << 20)).shard_count(), 1U);
}

TEST(MemoryCache, IsUpToSixteenShardsWhenItIsLarge) {
  EXPECT_EQ(MemoryCache(limits(8192)).shard_count(), 2U);
  EXPECT_EQ(MemoryCache(limits(30'000)).shard_count(), 4U);
  EXPECT_EQ(MemoryCache(limits(1'000'000, std::size_t{100} << 20)).shard_count(), 4U);
  EXPECT_EQ(MemoryCache(limits(1'000'000'000)).shard_count(), 16U);
}

TEST(MemoryCache, TheShardsTogetherHoldExactlyAsManyItemsAsAllowed) {
  MemoryCache cache(limits(8'195));

  fill(cache, 30'000);

  EXPECT_EQ(cache.shard_count(), 2U);
  EXPECT_EQ(cache.stats().items, 8'195);
  cache.check_invariants();
}

TEST(MemoryCache, FindsEveryEntryInWhicheverShardItIs) {
  MemoryCache cache(limits(100'000));
  constexpr int kEntries = 20'000;

  for (int i = 0; i < kEntries; ++i) {
    cache.insert(entry_of(std::to_string(i), std::to_string(i)), start());
  }

  for (int i = 0; i < kEntries; ++i) {
    const std::optional<Entry> found = cache.find(sample_key(std::to_string(i)), start());
    ASSERT_TRUE(found.has_value()) << i;
    ASSERT_EQ(found->body(), std::to_string(i));
  }
  EXPECT_EQ(cache.stats().hits, kEntries);
}

TEST(MemoryCache, SweepLooksAtNoMoreEntriesThanAsked) {
  MemoryCache cache(limits(1000));
  fill(cache, 1000);
  const WallTime later = start() + hours(3);

  EXPECT_EQ(cache.sweep(later, 0), 0U);
  for (int i = 0; i < 20; ++i)
    EXPECT_LE(cache.sweep(later, 300), 300U);

  EXPECT_EQ(cache.stats().items, 0);
  EXPECT_EQ(cache.stats().removals.expired, 1000);
}

TEST(MemoryCache, SweepGoesOnWhereItEnded) {
  MemoryCache cache(limits(1000));
  fill(cache, 1000);
  const WallTime later = start() + hours(3);

  // An entry of an hour goes down two levels before it leaves: it is looked at three times.
  std::size_t left = 0;
  for (int i = 0; i < 3 * 10 + 2; ++i)
    left += cache.sweep(later, 100);

  EXPECT_EQ(left, 1000U);
  EXPECT_EQ(cache.stats().items, 0);
  cache.check_invariants();
}

TEST(MemoryCache, SweepComesRoundToEveryShard) {
  MemoryCache cache(limits(100'000));
  fill(cache, 5'000);
  const WallTime later = start() + hours(3);

  for (int i = 0; i < 3 * 50; ++i)
    cache.sweep(later, 128);

  EXPECT_EQ(cache.stats().items, 0);
  EXPECT_EQ(cache.stats().removals.expired, 5'000);
  cache.check_invariants();
}

TEST(MemoryCache, SweepLeavesWhatIsNotOver) {
  MemoryCache cache(limits(100));
  fill(cache, 100);

  EXPECT_EQ(cache.sweep(start() + hours(1) - seconds(1), 1'000'000), 0U);

  EXPECT_EQ(cache.stats().items, 100);
}

TEST(MemoryCache, SweepOfAnEmptyCacheEnds) {
  MemoryCache cache(limits(100'000));

  EXPECT_EQ(cache.sweep(start(), 1'000'000), 0U);
}

TEST(MemoryCache, StatsNameTheLimits) {
  MemoryCache::Config config = limits(123, 456'789);
  config.ttl = seconds(77);

  const TierStats stats = MemoryCache(config).stats();

  EXPECT_EQ(stats.max_items, 123);
  EXPECT_EQ(stats.max_size_bytes, 456'789);
  EXPECT_EQ(stats.ttl, seconds(77));
}

}  // namespace
}  // namespace refrain::testing
