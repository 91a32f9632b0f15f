#include "refrain/cache/tiered_cache.h"

#include "cache/tiered_cache_rig.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace refrain::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class TieredCacheTest : public TieredCacheRig {};

TEST_F(TieredCacheTest, GeneratesStoresAndThenAnswersFromTheFirstTier) {
  add_tier("memory");

  const Result<Answer> first = get(key);
  const Result<Answer> second = get(key);

  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->disposition(), Disposition::kMiss);
  EXPECT_TRUE(first->is_stored());
  EXPECT_FALSE(first->is_coalesced());
  EXPECT_TRUE(first->tier().empty());
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->disposition(), Disposition::kHit);
  EXPECT_EQ(second->tier(), "memory");
  EXPECT_EQ(second->entry().body(), "answer 1");
  EXPECT_EQ(second->entry().content_type(), "text/plain");
  EXPECT_EQ(fake.calls(), 1);
}

TEST_F(TieredCacheTest, AHitSharesTheStoredBytes) {
  add_tier("memory");
  const Result<Answer> first = get(key);

  const Result<Answer> second = get(key);

  EXPECT_EQ(first->entry().body().data(), second->entry().body().data());
}

TEST_F(TieredCacheTest, KeepsKeysApart) {
  add_tier("memory");

  EXPECT_EQ(get(sample_key("a"))->entry().body(), "answer 1");
  EXPECT_EQ(get(sample_key("b"))->entry().body(), "answer 2");
  EXPECT_EQ(get(sample_key("a"))->entry().body(), "answer 1");
}

TEST_F(TieredCacheTest, StampsTheEntryWithKeyTimesAndCost) {
  add_tier("memory");
  fake.duration = milliseconds(300);
  config.freshness.ttl = seconds(10);
  config.freshness.stale = seconds(5);

  const EntryMetadata metadata = get(key)->entry().metadata();

  EXPECT_EQ(metadata.key, key);
  EXPECT_EQ(metadata.created, clock.now());
  EXPECT_EQ(metadata.fresh_until, clock.now() + seconds(10));
  EXPECT_EQ(metadata.usable_until, clock.now() + seconds(15));
  EXPECT_EQ(metadata.cost, milliseconds(300));
}

TEST_F(TieredCacheTest, TheFirstTierWithAFreshEntryWins) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);
  memory.put(made_elsewhere(key, "in memory"));
  disk.put(made_elsewhere(key, "on disk"));

  const Result<Answer> answer = get(key);

  EXPECT_EQ(answer->entry().body(), "in memory");
  EXPECT_EQ(answer->tier(), "memory");
  EXPECT_EQ(disk.calls(Operation::kFind), 0);
}

TEST_F(TieredCacheTest, TiersAreAskedInTheirOrderEvenIfALaterOneKnowsAtOnce) {
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  FlakyTier& memory = add_tier("memory");
  redis.put(made_elsewhere(key, "in redis"));
  memory.put(made_elsewhere(key, "in memory"));

  EXPECT_EQ(get(key)->entry().body(), "in redis");
}

TEST_F(TieredCacheTest, CopiesALowerTiersHitIntoAllTiersBeforeIt) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  redis.put(made_elsewhere(key, "in redis"));

  const Result<Answer> first = get(key);
  const Result<Answer> second = get(key);

  EXPECT_EQ(first->disposition(), Disposition::kHit);
  EXPECT_EQ(first->tier(), "redis");
  EXPECT_EQ(second->tier(), "memory");
  EXPECT_TRUE(memory.peek(key).has_value());
  EXPECT_TRUE(disk.peek(key).has_value());
  EXPECT_EQ(redis.calls(Operation::kInsert), 0);
  EXPECT_EQ(fake.calls(), 0);
}

TEST_F(TieredCacheTest, WritesAGeneratedEntryThroughToEveryAvailableTier) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  disk.set_available(false);

  const Result<Answer> answer = get(key);

  EXPECT_TRUE(answer->is_stored());
  EXPECT_TRUE(memory.peek(key).has_value());
  EXPECT_FALSE(disk.peek(key).has_value());
  EXPECT_TRUE(redis.peek(key).has_value());
}

TEST_F(TieredCacheTest, SkipsAnUnavailableTierAndCountsNothing) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);
  memory.set_available(false);
  disk.set_available(false);

  ASSERT_TRUE(get(key).has_value());

  for (FlakyTier* tier : {&memory, &disk}) {
    for (const Operation operation : {Operation::kFindNow, Operation::kFind, Operation::kInsert})
      EXPECT_EQ(tier->calls(operation), 0);
    EXPECT_EQ(tier->stats().hits + tier->stats().misses + tier->stats().errors, 0);
  }
}

TEST_F(TieredCacheTest, UsesATierAgainOnceItIsBack) {
  FlakyTier& memory = add_tier("memory");
  memory.set_available(false);
  ASSERT_FALSE(get(key)->is_stored());

  memory.set_available(true);

  EXPECT_TRUE(get(key)->is_stored());
  EXPECT_EQ(get(key)->disposition(), Disposition::kHit);
}

TEST_F(TieredCacheTest, WithoutTiersEveryRequestGenerates) {
  const Result<Answer> first = get(key);
  const Result<Answer> second = get(key);

  EXPECT_EQ(first->entry().body(), "answer 1");
  EXPECT_EQ(second->entry().body(), "answer 2");
  EXPECT_EQ(second->disposition(), Disposition::kMiss);
  EXPECT_FALSE(second->is_stored());
  EXPECT_EQ(run(loop, cache().erase(key)).value(), EraseOutcome::kAbsent);
  EXPECT_TRUE(run(loop, cache().clear()).has_value());
}

TEST_F(TieredCacheTest, ATierThatRefusesAnEntryIsNoTroubleAndDoesNotCountAsStored) {
  FlakyTier& memory = add_tier("memory");
  memory.set_refusing(true);

  const Result<Answer> answer = get(key);

  ASSERT_TRUE(answer.has_value());
  EXPECT_FALSE(answer->is_stored());
  EXPECT_EQ(memory.stats().refusals, 1);
  EXPECT_TRUE(log.lines().empty());
}

TEST_F(TieredCacheTest, ATierThatFailsToFindIsACountedMissAndTheNextOneIsAsked) {
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  FlakyTier& memory = add_tier("memory");
  redis.set_failing(Operation::kFind, true);
  memory.put(made_elsewhere(key, "in memory"));

  const Result<Answer> answer = get(key);

  EXPECT_EQ(answer->entry().body(), "in memory");
  EXPECT_EQ(redis.stats().misses, 1);
  EXPECT_EQ(redis.stats().errors, 1);
  EXPECT_EQ(requests().hit, 1);
  EXPECT_EQ(requests().error, 0);
}

struct Faults {
  bool find = false;
  bool insert = false;
  bool erase = false;
};

void apply(FlakyTier& tier, const Faults& faults) {
  tier.set_failing(FlakyTier::Operation::kFindNow, faults.find);
  tier.set_failing(FlakyTier::Operation::kFind, faults.find);
  tier.set_failing(FlakyTier::Operation::kInsert, faults.insert);
  tier.set_failing(FlakyTier::Operation::kErase, faults.erase);
}

/// Every combination of failing finds, inserts and erases in two tiers.
class TieredCacheFaultsTest : public TieredCacheRig, public ::testing::WithParamInterface<int> {
protected:
  [[nodiscard]] static Faults faults(int first_bit) {
    return {(GetParam() >> first_bit & 1) != 0,
            (GetParam() >> (first_bit + 1) & 1) != 0,
            (GetParam() >> (first_bit + 2) & 1) != 0};
  }
};

TEST_P(TieredCacheFaultsTest, EveryRequestIsAnsweredAndEveryFaultIsCounted) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  apply(memory, faults(0));
  apply(redis, faults(3));

  const Result<Answer> first = get(key);
  const Result<Answer> second = get(key);
  const Result<EraseOutcome> erased = run(loop, cache().erase(key));
  const Result<Answer> third = get(key);

  EXPECT_TRUE(first.has_value() && second.has_value() && third.has_value());
  EXPECT_EQ(first->is_stored(), !faults(0).insert || !faults(3).insert);
  EXPECT_EQ(erased.has_value(), !faults(0).erase && !faults(3).erase);
  EXPECT_EQ(requests().error, 0);
  EXPECT_EQ(requests().total(), 3);
  for (FlakyTier* tier : {&memory, &redis}) {
    const TierStats stats = tier->stats();
    EXPECT_EQ(stats.hits + stats.misses, tier->lookups());
    EXPECT_EQ(stats.insertions - stats.removals.total(), stats.items);
  }
  const bool is_any = GetParam() != 0;
  EXPECT_EQ(memory.stats().errors + redis.stats().errors > 0, is_any);
}

INSTANTIATE_TEST_SUITE_P(All, TieredCacheFaultsTest, ::testing::Range(0, 64));

TEST_F(TieredCacheTest, AFailureToPromoteStillAnswersWithTheHit) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);
  memory.set_failing(Operation::kInsertNow, true);
  disk.put(made_elsewhere(key, "on disk"));

  const Result<Answer> answer = get(key);

  EXPECT_EQ(answer->disposition(), Disposition::kHit);
  EXPECT_EQ(answer->entry().body(), "on disk");
  EXPECT_EQ(memory.stats().errors, 1);
}

TEST_F(TieredCacheTest, LogsAFailingTierOnceInAnInterval) {
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  redis.set_failing(Operation::kFind, true);

  for (int i = 0; i < 5; ++i)
    ASSERT_TRUE(get(key).has_value());
  ASSERT_EQ(log.lines().size(), 1U);
  EXPECT_NE(log.lines()[0].find("tier=redis operation=find"), std::string::npos);
  clock.advance(seconds(5));
  ASSERT_TRUE(get(key).has_value());

  EXPECT_EQ(log.lines().size(), 2U);
}

TEST_F(TieredCacheTest, GivesAnAnswerThatIsTooLargeAndDoesNotStoreIt) {
  FlakyTier& memory = add_tier("memory");
  config.max_entry_bytes = 20;
  fake.padding = std::string(13, '.');  // "answer 1" and 13 more: one too many

  const Result<Answer> answer = get(key);

  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->entry().body().size(), 21U);
  EXPECT_FALSE(answer->is_stored());
  EXPECT_EQ(memory.calls(Operation::kInsert), 0);
  EXPECT_EQ(get(key)->entry().body().substr(0, 8), "answer 2");
}

TEST_F(TieredCacheTest, StoresAnAnswerOfExactlyTheLargestSize) {
  add_tier("memory");
  config.max_entry_bytes = 20;
  fake.padding = std::string(12, '.');

  EXPECT_TRUE(get(key)->is_stored());
}

TEST_F(TieredCacheTest, AGeneratorThatNamesNoSensibleContentTypeFails) {
  add_tier("memory");
  fake.content_type = std::string(256, 't');

  const Result<Answer> answer = get(key);

  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code(), ErrorCode::kInternal);
  EXPECT_EQ(generation().failed, 1);
}

TEST_F(TieredCacheTest, StoresAContentTypeOf255Bytes) {
  add_tier("memory");
  fake.content_type = std::string(255, 't');

  EXPECT_TRUE(get(key)->is_stored());
}

TEST_F(TieredCacheTest, SavesTheCostOfEveryHit) {
  add_tier("memory");
  fake.duration = milliseconds(700);

  ASSERT_TRUE(get(key).has_value());
  EXPECT_EQ(generation().saved, milliseconds(0));
  ASSERT_TRUE(get(key).has_value());
  ASSERT_TRUE(get(key).has_value());

  EXPECT_EQ(generation().spent, milliseconds(700));
  EXPECT_EQ(generation().saved, milliseconds(1400));
}

TEST_F(TieredCacheTest, ReportsItsTiersInTheirOrder) {
  add_tier("memory");
  add_tier("disk", Mode::kAsynchronous);

  const CacheStats stats = cache().stats();

  ASSERT_EQ(stats.tiers.size(), 2U);
  EXPECT_EQ(stats.tiers[0].name, "memory");
  EXPECT_EQ(stats.tiers[1].name, "disk");
}

TEST_F(TieredCacheTest, AProbeThatFindsAFreshEntryCountsTheHitAtOnce) {
  FlakyTier& memory = add_tier("memory");
  memory.put(made_elsewhere(key, "in memory"));

  TieredCache::Probe probe = cache().probe(key, {});

  ASSERT_TRUE(probe.answer().has_value());
  EXPECT_EQ(probe.answer()->entry().body(), "in memory");
  EXPECT_EQ(requests().hit, 1);
}

TEST_F(TieredCacheTest, AProbeThatFindsNothingCountsNoRequest) {
  FlakyTier& memory = add_tier("memory");

  TieredCache::Probe probe = cache().probe(key, {});

  EXPECT_FALSE(probe.answer().has_value());
  EXPECT_EQ(requests().total(), 0);
  EXPECT_EQ(memory.stats().misses, 1);
}

TEST_F(TieredCacheTest, GoingOnFromAProbeDoesNotAskItsTiersAgain) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);

  TieredCache::Probe probe = cache().probe(key, {});
  const Result<Answer> answer =
      run(loop, cache().get_or_generate(std::move(probe), fake.generator()));

  EXPECT_EQ(answer->disposition(), Disposition::kMiss);
  EXPECT_EQ(memory.lookups(), 1);
  EXPECT_EQ(disk.lookups(), 1);
  EXPECT_EQ(requests().total(), 1);
}

TEST_F(TieredCacheTest, FindGivesWhatALowerTierHasAndPromotesIt) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);
  disk.put(made_elsewhere(key, "on disk"));

  const std::optional<Answer> answer = run(loop, cache().find(cache().probe(key, {})));

  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->entry().body(), "on disk");
  EXPECT_EQ(answer->disposition(), Disposition::kHit);
  EXPECT_TRUE(memory.peek(key).has_value());
  EXPECT_EQ(requests().hit, 1);
}

TEST_F(TieredCacheTest, FindNeverGenerates) {
  add_tier("memory");
  add_tier("disk", Mode::kAsynchronous);

  const std::optional<Answer> answer = run(loop, cache().find(cache().probe(key, {})));

  EXPECT_FALSE(answer.has_value());
  EXPECT_EQ(requests().miss, 1);
  EXPECT_EQ(requests().error, 0);
  EXPECT_EQ(generation().count, 0);
}

TEST_F(TieredCacheTest, FindGivesAStaleEntryAndRefreshesNothing) {
  add_tier("memory");
  ASSERT_TRUE(get(key).has_value());
  clock.advance(config.freshness.ttl);

  const std::optional<Answer> answer = run(loop, cache().find(cache().probe(key, {})));
  settle();

  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->disposition(), Disposition::kStale);
  EXPECT_EQ(requests().stale, 1);
  EXPECT_EQ(fake.calls(), 1);
}

TEST_F(TieredCacheTest, FindGivesNothingOlderThanTheRequestAccepts) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);
  ASSERT_TRUE(get(key).has_value());
  clock.advance(seconds(30));

  const std::optional<Answer> old =
      run(loop, cache().find(cache().probe(key, max_age(seconds(29)))));
  ASSERT_TRUE(run(loop, memory.erase(key)).has_value());
  const std::optional<Answer> old_on_disk =
      run(loop, cache().find(cache().probe(key, max_age(seconds(29)))));
  TieredCache::Probe accepted = cache().probe(key, max_age(seconds(30)));

  EXPECT_FALSE(old.has_value());
  EXPECT_FALSE(old_on_disk.has_value());
  EXPECT_TRUE(accepted.answer().has_value());
  EXPECT_GT(disk.lookups(), 0);
}

}  // namespace
}  // namespace refrain::testing
