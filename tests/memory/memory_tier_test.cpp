#include "refrain/memory/memory_tier.h"

#include "support/manual_clock.h"
#include "support/run.h"
#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <utility>

namespace refrain::testing {
namespace {

TEST(MemoryTier, IsCalledMemory) {
  ManualClock clock;
  const MemoryTier tier(MemoryCache::Config(), clock);

  EXPECT_EQ(tier.name(), "memory");
  EXPECT_EQ(tier.stats().name, "memory");
}

TEST(MemoryTier, KnowsAHitAndAMissAtOnce) {
  ManualClock clock;
  MemoryTier tier(MemoryCache::Config(), clock);
  const Entry entry = sample_entry(sample_key("a"), clock.now());
  ASSERT_TRUE(run(tier.insert(entry)).has_value());

  ImmediateLookup hit = tier.find_now(sample_key("a"), BodyPlace::kMemory);
  ImmediateLookup miss = tier.find_now(sample_key("b"), BodyPlace::kMemory);

  EXPECT_TRUE(hit.is_known());
  ASSERT_TRUE(hit.entry().has_value());
  EXPECT_EQ(hit.entry()->body().data(), entry.body().data());
  EXPECT_TRUE(miss.is_known());
  EXPECT_FALSE(miss.entry().has_value());
  EXPECT_EQ(tier.stats().hits, 1);
  EXPECT_EQ(tier.stats().misses, 1);
}

TEST(MemoryTier, ClearsAtOnce) {
  ManualClock clock;
  MemoryTier tier(MemoryCache::Config(), clock);
  tier.insert_now(sample_entry(sample_key("a"), clock.now()));

  EXPECT_TRUE(tier.clear_now());

  EXPECT_EQ(tier.stats().items, 0);
}

TEST(MemoryTier, KeepsWhatAnotherTierAnswersUncounted) {
  ManualClock clock;
  MemoryTier tier(MemoryCache::Config(), clock);
  const Entry entry = sample_entry(sample_key("a"), clock.now());

  tier.keep_now(entry);
  tier.keep_now(entry);

  EXPECT_EQ(tier.stats().insertions, 1) << "the second time it was there";
  EXPECT_EQ(tier.stats().hits, 0);
  EXPECT_EQ(tier.stats().misses, 0);
  EXPECT_TRUE(tier.find_now(sample_key("a"), BodyPlace::kMemory).entry().has_value());
  EXPECT_EQ(tier.stats().hits, 1);
}

TEST(MemoryTier, KeepsTheNewerOfTwo) {
  ManualClock clock;
  MemoryTier tier(MemoryCache::Config(), clock);
  const Entry older = sample_entry(sample_key("a"), clock.now(), "1");
  clock.advance(std::chrono::seconds(1));
  const Entry newer = sample_entry(sample_key("a"), clock.now(), "2");

  tier.keep_now(older);
  tier.keep_now(newer);
  tier.keep_now(older);

  EXPECT_EQ(tier.find_now(sample_key("a"), BodyPlace::kMemory).entry()->body(), "2");
}

TEST(MemoryTier, ForgetsWhatIsOlderThanAnErasure) {
  ManualClock clock;
  MemoryTier tier(MemoryCache::Config(), clock);
  tier.keep_now(sample_entry(sample_key("older"), clock.now()));
  clock.advance(std::chrono::seconds(1));
  const WallTime erased = clock.now();
  clock.advance(std::chrono::seconds(1));
  tier.keep_now(sample_entry(sample_key("newer"), clock.now()));

  for (const char* name : {"older", "newer", "absent"})
    tier.keep_now(Entry::erasure(sample_key(name), erased));

  EXPECT_FALSE(tier.find_now(sample_key("older"), BodyPlace::kMemory).entry().has_value());
  EXPECT_TRUE(tier.find_now(sample_key("newer"), BodyPlace::kMemory).entry().has_value());
  EXPECT_EQ(tier.stats().items, 1);
}

TEST(MemoryTier, KeepingIsAUse) {
  ManualClock clock;
  MemoryCache::Config config;
  config.max_items = 2;
  MemoryTier tier(config, clock);
  const Entry used = sample_entry(sample_key("a"), clock.now());
  tier.keep_now(used);
  tier.keep_now(sample_entry(sample_key("b"), clock.now()));

  tier.keep_now(used);
  tier.keep_now(sample_entry(sample_key("c"), clock.now()));

  EXPECT_TRUE(tier.find_now(sample_key("a"), BodyPlace::kMemory).entry().has_value());
  EXPECT_FALSE(tier.find_now(sample_key("b"), BodyPlace::kMemory).entry().has_value());
}

TEST(MemoryTier, InsertsAndErasesAtOnce) {
  ManualClock clock;
  MemoryTier tier(MemoryCache::Config(), clock);
  const Entry entry = sample_entry(sample_key("a"), clock.now());

  EXPECT_TRUE(tier.insert_now(entry));
  EXPECT_TRUE(tier.find_now(sample_key("a"), BodyPlace::kMemory).entry().has_value());
  EXPECT_TRUE(tier.erase_now(sample_key("a")));

  EXPECT_FALSE(tier.find_now(sample_key("a"), BodyPlace::kMemory).entry().has_value());
  EXPECT_EQ(tier.stats().insertions, 1);
  EXPECT_EQ(tier.stats().removals.invalidated, 1);
}

TEST(MemoryTier, TakesTheTimeFromItsClock) {
  ManualClock clock;
  MemoryCache::Config config;
  config.ttl = std::chrono::seconds(10);
  MemoryTier tier(config, clock);
  ASSERT_TRUE(run(tier.insert(sample_entry(sample_key("a"), clock.now()))).has_value());

  clock.advance(std::chrono::milliseconds(9'999));
  EXPECT_TRUE(tier.find_now(sample_key("a"), BodyPlace::kMemory).entry().has_value());
  clock.advance(std::chrono::milliseconds(1));

  EXPECT_FALSE(tier.find_now(sample_key("a"), BodyPlace::kMemory).entry().has_value());
}

TEST(MemoryTier, StatsTellItsLimits) {
  ManualClock clock;
  MemoryCache::Config config;
  config.max_items = 7;
  config.max_size_bytes = 70'000;
  config.ttl = std::chrono::seconds(70);

  const TierStats stats = MemoryTier(config, clock).stats();

  EXPECT_TRUE(stats.available);
  EXPECT_EQ(stats.max_items, 7);
  EXPECT_EQ(stats.max_size_bytes, 70'000);
  EXPECT_EQ(stats.ttl, std::chrono::seconds(70));
}

}  // namespace
}  // namespace refrain::testing
