// What a request says about caching: no-cache, no-store, only-if-cached, max-age.

#include "refrain/cache/tiered_cache.h"

#include "cache/tiered_cache_rig.h"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace refrain::testing {
namespace {

using std::chrono::seconds;

class TieredCacheDirectivesTest : public TieredCacheRig {};

TEST_F(TieredCacheDirectivesTest, NoCacheGeneratesAnewAndStores) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);
  ASSERT_TRUE(get(key).has_value());
  const std::int64_t lookups = memory.lookups() + disk.lookups();

  const Result<Answer> answer = get(key, no_cache());

  EXPECT_EQ(answer->entry().body(), "answer 2");
  EXPECT_EQ(answer->disposition(), Disposition::kMiss);
  EXPECT_TRUE(answer->is_stored());
  EXPECT_EQ(memory.lookups() + disk.lookups(), lookups);
  EXPECT_EQ(get(key)->entry().body(), "answer 2");
  EXPECT_EQ(disk.peek(key)->body(), "answer 2");
}

TEST_F(TieredCacheDirectivesTest, NoCacheGetsARegeneratedAnswerThoughItJoinsALookUp) {
  add_tier("memory");
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  redis.put(made_elsewhere(key, "in redis"));
  redis.hang(Operation::kFind);
  const auto looking = start(key);
  settle();
  ASSERT_EQ(redis.hanging(Operation::kFind), 1U);

  const auto strict = start(key, no_cache());
  settle();
  redis.release(Operation::kFind);
  settle();

  ASSERT_TRUE(strict.is_done() && looking.is_done());
  EXPECT_EQ((*strict)->disposition(), Disposition::kMiss);
  EXPECT_EQ((*strict)->entry().body(), "answer 1");
  EXPECT_EQ(fake.calls(), 1);
  EXPECT_EQ(redis.peek(key)->body(), "answer 1");
  EXPECT_EQ(get(key)->entry().body(), "answer 1");
}

TEST_F(TieredCacheDirectivesTest, NoCacheGetsARegeneratedAnswerThoughItComesDuringAPromotion) {
  FlakyTier& memory = add_tier("memory", Mode::kAsynchronous);
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  redis.put(made_elsewhere(key, "in redis"));
  memory.hang(Operation::kInsert);
  const auto looking = start(key);
  settle();
  ASSERT_EQ(memory.hanging(Operation::kInsert), 1U);

  const auto strict = start(key, no_cache());
  settle();
  memory.release(Operation::kInsert);
  settle();

  EXPECT_EQ((*strict)->entry().body(), "answer 1");
  EXPECT_EQ(get(key)->entry().body(), "answer 1");
  EXPECT_EQ(fake.calls(), 1);
}

TEST_F(TieredCacheDirectivesTest, WhatNoCacheStoresIsNotOverwrittenByAnOlderPromotion) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);
  disk.put(made_elsewhere(key, "old, on disk"));
  disk.hang(Operation::kFind);
  const auto finding =
      Call<std::optional<Answer>>::start(loop, cache().find(cache().probe(key, {})));
  settle();
  ASSERT_EQ(get(key, no_cache())->entry().body(), "answer 1");

  disk.release(Operation::kFind);
  settle();

  EXPECT_TRUE(finding.is_done());
  EXPECT_TRUE(!memory.peek(key) || memory.peek(key)->body() == "answer 1");
  EXPECT_EQ(get(key)->entry().body(), "answer 1");
}

TEST_F(TieredCacheDirectivesTest, WhatNoCacheIsStoringIsNotOverwrittenByAnOlderPromotion) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);
  disk.put(made_elsewhere(key, "old, on disk"));
  disk.hang(Operation::kFind);
  disk.hang(Operation::kInsert);
  const auto finding = start(key, only_if_cached());
  const auto storing = start(key, no_cache());
  settle();
  ASSERT_EQ(memory.peek(key)->body(), "answer 1");

  disk.release(Operation::kFind);
  settle();
  disk.release(Operation::kInsert);
  settle();

  EXPECT_TRUE(finding.is_done() && storing.is_done());
  EXPECT_EQ(get(key)->entry().body(), "answer 1");
}

TEST_F(TieredCacheDirectivesTest, TwoNoCacheRequestsAtOnceShareOneGeneration) {
  add_tier("memory");
  fake.gate.close();
  const auto first = start(key, no_cache());
  const auto second = start(key, no_cache());
  settle();
  fake.gate.open();
  settle();

  EXPECT_EQ(fake.calls(), 1);
  EXPECT_TRUE((*first)->is_coalesced() || (*second)->is_coalesced());
}

TEST_F(TieredCacheDirectivesTest, NoCacheAnswersWithTheGeneratorsErrorAndLeavesTheOldEntry) {
  add_tier("memory");
  ASSERT_TRUE(get(key).has_value());
  fake.outcome = Outcome::kError;

  EXPECT_FALSE(get(key, no_cache()).has_value());
  EXPECT_EQ(get(key)->entry().body(), "answer 1");
}

TEST_F(TieredCacheDirectivesTest, NoStoreNeitherLooksNorStores) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  memory.put(made_elsewhere(key, "in memory"));

  const Result<Answer> answer = get(key, no_store());

  EXPECT_EQ(answer->entry().body(), "answer 1");
  EXPECT_EQ(answer->disposition(), Disposition::kBypass);
  EXPECT_FALSE(answer->is_stored());
  EXPECT_EQ(memory.lookups() + redis.lookups(), 0);
  EXPECT_EQ(memory.calls(Operation::kInsert) + redis.calls(Operation::kInsert), 0);
  EXPECT_EQ(memory.peek(key)->body(), "in memory");
  EXPECT_EQ(requests().bypass, 1);
  EXPECT_EQ(requests().miss, 0);
}

TEST_F(TieredCacheDirectivesTest, NoStoreSharesItsGenerationWithNobody) {
  add_tier("memory");
  fake.gate.close();
  const auto shared = start(key);
  const auto first = start(key, no_store());
  const auto second = start(key, no_store());
  settle();

  fake.gate.open();
  settle();

  EXPECT_EQ(fake.calls(), 3);
  EXPECT_NE((*first)->entry().body(), (*second)->entry().body());
  EXPECT_FALSE((*first)->is_coalesced() || (*second)->is_coalesced());
  EXPECT_EQ((*shared)->entry().body(), get(key)->entry().body());
}

TEST_F(TieredCacheDirectivesTest, NoStoreThatFailsCountsABypassAndAnError) {
  add_tier("memory");
  fake.outcome = Outcome::kError;

  EXPECT_FALSE(get(key, no_store()).has_value());
  EXPECT_EQ(requests().bypass, 1);
  EXPECT_EQ(requests().error, 1);
  EXPECT_EQ(requests().miss, 0);
}

TEST_F(TieredCacheDirectivesTest, OnlyIfCachedGivesAHitInMemory) {
  add_tier("memory");
  ASSERT_TRUE(get(key).has_value());

  EXPECT_EQ(get(key, only_if_cached())->disposition(), Disposition::kHit);
}

TEST_F(TieredCacheDirectivesTest, OnlyIfCachedGivesAHitInALowerTier) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);
  disk.put(made_elsewhere(key, "on disk"));

  const Result<Answer> answer = get(key, only_if_cached());

  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->tier(), "disk");
  EXPECT_TRUE(memory.peek(key).has_value());
}

TEST_F(TieredCacheDirectivesTest, OnlyIfCachedThatFindsNothingIsATimeoutWithoutAGeneration) {
  add_tier("memory");
  add_tier("disk", Mode::kAsynchronous);

  const Result<Answer> answer = get(key, only_if_cached());

  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code(), ErrorCode::kTimeout);
  EXPECT_EQ(fake.calls(), 0);
  EXPECT_EQ(requests().miss, 1);
  EXPECT_EQ(requests().error, 1);
}

TEST_F(TieredCacheDirectivesTest, OnlyIfCachedGivesAStaleEntryAndStartsNoRefresh) {
  add_tier("memory");
  ASSERT_TRUE(get(key).has_value());
  clock.advance(config.freshness.ttl);

  EXPECT_EQ(get(key, only_if_cached())->disposition(), Disposition::kStale);
  EXPECT_EQ(fake.calls(), 1);
}

TEST_F(TieredCacheDirectivesTest, OnlyIfCachedWithNoCacheCanNeverBeMet) {
  add_tier("memory");
  ASSERT_TRUE(get(key).has_value());
  CacheDirectives both = only_if_cached();
  both.no_cache = true;

  EXPECT_FALSE(get(key, both).has_value());
  EXPECT_EQ(fake.calls(), 1);
}

TEST_F(TieredCacheDirectivesTest, MaxAgeAcceptsAnEntryOfExactlyThatAge) {
  add_tier("memory");
  ASSERT_TRUE(get(key).has_value());
  clock.advance(seconds(60));

  EXPECT_EQ(get(key, max_age(seconds(60)))->disposition(), Disposition::kHit);
}

TEST_F(TieredCacheDirectivesTest, MaxAgeRegeneratesAnOlderEntryAndStores) {
  add_tier("memory");
  ASSERT_TRUE(get(key).has_value());
  clock.advance(seconds(60));

  const Result<Answer> answer = get(key, max_age(seconds(59)));

  EXPECT_EQ(answer->disposition(), Disposition::kMiss);
  EXPECT_EQ(answer->entry().body(), "answer 2");
  EXPECT_EQ(get(key)->entry().body(), "answer 2");
}

TEST_F(TieredCacheDirectivesTest, MaxAgeRefusesAnOlderEntryOfALowerTierToo) {
  add_tier("memory");
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);
  disk.put(made_elsewhere(key, "old, on disk"));
  clock.advance(seconds(60));

  EXPECT_EQ(get(key, max_age(seconds(59)))->entry().body(), "answer 1");
}

TEST_F(TieredCacheDirectivesTest, MaxAgeTakesALowerTiersYoungerEntryInsteadOfGenerating) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  memory.put(made_elsewhere(key, "old"));
  clock.advance(seconds(60));
  redis.put(made_elsewhere(key, "young"));

  const Result<Answer> cached = get(key, [] {
    CacheDirectives directives = max_age(seconds(10));
    directives.only_if_cached = true;
    return directives;
  }());
  const Result<Answer> answer = get(key, max_age(seconds(10)));

  ASSERT_TRUE(cached.has_value());
  EXPECT_EQ(cached->entry().body(), "young");
  EXPECT_EQ(answer->entry().body(), "young");
  EXPECT_EQ(fake.calls(), 0);
}

TEST_F(TieredCacheDirectivesTest, MaxAgeZeroAcceptsOnlyWhatWasMadeThisVeryInstant) {
  add_tier("memory");
  ASSERT_TRUE(get(key).has_value());

  EXPECT_EQ(get(key, max_age(seconds(0)))->disposition(), Disposition::kHit);
  clock.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(get(key, max_age(seconds(0)))->disposition(), Disposition::kMiss);
}

TEST_F(TieredCacheDirectivesTest, ManyWhoRefuseWhatALookUpFindsShareOneGeneration) {
  add_tier("memory");
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);
  disk.put(made_elsewhere(key, "old, on disk"));
  clock.advance(seconds(60));
  fake.takes_a_turn = true;
  std::vector<Call<Result<Answer>>> calls;
  for (int i = 0; i < 50; ++i)
    calls.push_back(start(key, max_age(seconds(1))));

  settle();

  EXPECT_EQ(fake.calls(), 1);
  for (const auto& call : calls)
    EXPECT_EQ((*call)->entry().body(), "answer 1");
}

TEST_F(TieredCacheDirectivesTest, MaxAgeAcceptsAStaleEntryThatIsYoungEnough) {
  add_tier("memory");
  config.freshness.ttl = seconds(10);
  ASSERT_TRUE(get(key).has_value());
  clock.advance(seconds(20));

  EXPECT_EQ(get(key, max_age(seconds(30)))->disposition(), Disposition::kStale);
}

TEST_F(TieredCacheDirectivesTest, AnEntryFromAClockThatIsAheadIsNotTooOld) {
  FlakyTier& memory = add_tier("memory");
  clock.advance(seconds(60));
  const Entry from_the_future = made_elsewhere(key, "ahead");
  clock.advance(-seconds(60));
  memory.put(from_the_future);

  EXPECT_EQ(get(key, max_age(seconds(0)))->entry().body(), "ahead");
}

}  // namespace
}  // namespace refrain::testing
