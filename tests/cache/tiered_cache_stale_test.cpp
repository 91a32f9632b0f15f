// Stale entries: served at once while one refresh runs, or because it failed.

#include "refrain/cache/tiered_cache.h"

#include "cache/tiered_cache_rig.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace refrain::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class TieredCacheStaleTest : public TieredCacheRig {
protected:
  TieredCacheStaleTest() {
    config.freshness.ttl = seconds(100);
    config.freshness.stale = seconds(1000);
    config.backoff.first = milliseconds(1000);
    config.backoff.longest = milliseconds(4000);
  }

  /// Leaves `answer 1`, just gone stale, in every tier.
  void leave_stale_answer() {
    ASSERT_TRUE(get(key).has_value());
    clock.advance(config.freshness.ttl);
  }

  [[nodiscard]] std::string body_of(const Result<Answer>& answer) const {
    return answer ? std::string(answer->entry().body()) : "error: " + answer.error().message();
  }
};

TEST_F(TieredCacheStaleTest, AStaleEntryIsServedAtOnceAndRefreshedBehind) {
  add_tier("memory");
  leave_stale_answer();
  fake.gate.close();

  const auto stale = start(key);
  settle();
  ASSERT_TRUE(stale.is_done());
  EXPECT_EQ((*stale)->disposition(), Disposition::kStale);
  EXPECT_EQ(body_of(*stale), "answer 1");
  fake.gate.open();
  settle();
  const Result<Answer> fresh = get(key);

  EXPECT_EQ(fresh->disposition(), Disposition::kHit);
  EXPECT_EQ(body_of(fresh), "answer 2");
  EXPECT_EQ(fake.calls(), 2);
}

TEST_F(TieredCacheStaleTest, AnEntryIsFreshUntilJustBeforeItsTime) {
  add_tier("memory");
  ASSERT_TRUE(get(key).has_value());

  clock.advance(config.freshness.ttl - milliseconds(1));

  EXPECT_EQ(get(key)->disposition(), Disposition::kHit);
}

TEST_F(TieredCacheStaleTest, ManyStaleAnswersStartExactlyOneRefresh) {
  add_tier("memory");
  leave_stale_answer();
  fake.gate.close();
  std::vector<Call<Result<Answer>>> calls;
  for (int i = 0; i < 100; ++i)
    calls.push_back(start(key));
  settle();

  for (const auto& call : calls) {
    ASSERT_TRUE(call.is_done());
    EXPECT_EQ(body_of(*call), "answer 1");
  }
  fake.gate.open();
  settle();

  EXPECT_EQ(fake.calls(), 2);
  EXPECT_EQ(requests().stale, 100);
}

TEST_F(TieredCacheStaleTest, ARefreshThatLandedBetweenProbeAndJoinIsNotRepeated) {
  add_tier("memory");
  leave_stale_answer();

  TieredCache::Probe probe = cache().probe(key, {});
  ASSERT_EQ(get(key)->disposition(), Disposition::kStale);  // and refreshes
  ASSERT_EQ(fake.calls(), 2);
  const Result<Answer> answer =
      run(loop, cache().get_or_generate(std::move(probe), fake.generator()));
  settle();

  EXPECT_EQ(body_of(answer), "answer 1");
  EXPECT_EQ(fake.calls(), 2);
}

TEST_F(TieredCacheStaleTest, AFailedRefreshLeavesTheStaleAnswerInPlace) {
  add_tier("memory");
  leave_stale_answer();
  fake.outcome = Outcome::kError;

  const Result<Answer> first = get(key);
  const Result<Answer> second = get(key);

  EXPECT_EQ(body_of(first), "answer 1");
  EXPECT_EQ(body_of(second), "answer 1");
  EXPECT_EQ(requests().stale, 2);
  EXPECT_EQ(requests().error, 0);
  EXPECT_EQ(generation().failed, 1);
}

TEST_F(TieredCacheStaleTest, AFailingRefreshIsTriedAgainAfterADelayThatDoubles) {
  add_tier("memory");
  leave_stale_answer();
  fake.outcome = Outcome::kError;
  std::int64_t tries = fake.calls();

  for (const int delay : {1000, 2000, 4000, 4000}) {
    ASSERT_EQ(get(key)->disposition(), Disposition::kStale);
    ASSERT_EQ(fake.calls(), ++tries) << "before the delay of " << delay;
    clock.advance(milliseconds(delay - 1));
    ASSERT_EQ(get(key)->disposition(), Disposition::kStale);
    ASSERT_EQ(fake.calls(), tries) << "during the delay of " << delay;
    clock.advance(milliseconds(1));
  }
  fake.outcome = Outcome::kAnswer;
  ASSERT_EQ(get(key)->disposition(), Disposition::kStale);

  EXPECT_EQ(get(key)->disposition(), Disposition::kHit);
}

TEST_F(TieredCacheStaleTest, ARefreshThatThrowsCountsAsAFailure) {
  add_tier("memory");
  leave_stale_answer();
  fake.outcome = Outcome::kThrow;

  ASSERT_EQ(get(key)->disposition(), Disposition::kStale);
  ASSERT_EQ(get(key)->disposition(), Disposition::kStale);

  EXPECT_EQ(fake.calls(), 2);
}

TEST_F(TieredCacheStaleTest, PastItsUsableTimeAnEntryIsAMiss) {
  add_tier("memory");
  add_tier("disk", Mode::kAsynchronous);
  ASSERT_TRUE(get(key).has_value());
  clock.advance(config.freshness.ttl + config.freshness.stale);

  const Result<Answer> answer = get(key);

  EXPECT_EQ(answer->disposition(), Disposition::kMiss);
  EXPECT_EQ(body_of(answer), "answer 2");
}

TEST_F(TieredCacheStaleTest, PastItsUsableTimeAFailingGeneratorIsAnError) {
  add_tier("memory");
  ASSERT_TRUE(get(key).has_value());
  clock.advance(config.freshness.ttl + config.freshness.stale);
  fake.outcome = Outcome::kError;

  EXPECT_FALSE(get(key).has_value());
}

TEST_F(TieredCacheStaleTest, AStaleEntryInALowerTierIsServedAtOnceToo) {
  add_tier("memory");
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);
  disk.put(made_elsewhere(key, "old, on disk"));
  clock.advance(config.freshness.ttl);
  fake.gate.close();

  const auto first = start(key);
  const auto second = start(key);
  settle();
  ASSERT_TRUE(first.is_done() && second.is_done());
  EXPECT_EQ((*first)->disposition(), Disposition::kStale);
  EXPECT_EQ((*first)->tier(), "disk");
  EXPECT_EQ(body_of(*second), "old, on disk");
  fake.gate.open();
  settle();

  EXPECT_EQ(body_of(get(key)), "answer 1");
  EXPECT_EQ(fake.calls(), 1);
}

TEST_F(TieredCacheStaleTest, ThoseWhoComeDuringARefreshAreServedStaleToo) {
  // As the text service has it: nothing can be known at once, so every request joins the flight.
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  redis.put(made_elsewhere(key, "old, in redis"));
  clock.advance(config.freshness.ttl);
  fake.gate.close();
  const auto first = start(key);
  settle();
  ASSERT_TRUE(first.is_done());

  const auto second = start(key);
  settle();

  ASSERT_TRUE(second.is_done());
  EXPECT_EQ((*second)->disposition(), Disposition::kStale);
  EXPECT_EQ(body_of(*second), "old, in redis");
  EXPECT_EQ(fake.calls(), 1);
  fake.gate.open();
  settle();
  EXPECT_EQ(requests().stale, 2);
}

TEST_F(TieredCacheStaleTest, ThoseWhoComeDuringARefreshThatFailsGetNoError) {
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  redis.put(made_elsewhere(key, "old, in redis"));
  clock.advance(config.freshness.ttl);
  fake.outcome = Outcome::kError;
  fake.gate.close();
  const auto first = start(key);
  settle();

  const auto second = start(key);
  settle();
  fake.gate.open();
  settle();

  EXPECT_EQ(body_of(*second), "old, in redis");
  EXPECT_EQ(requests().error, 0);
}

TEST_F(TieredCacheStaleTest, OneWhoComesDuringARefreshAndAcceptsNothingSoOldWaitsForIt) {
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  redis.put(made_elsewhere(key, "old, in redis"));
  clock.advance(config.freshness.ttl);
  fake.gate.close();
  const auto first = start(key);
  settle();

  const auto strict = start(key, max_age(seconds(10)));
  const auto no_cached = start(key, no_cache());
  settle();
  ASSERT_FALSE(strict.is_done());
  ASSERT_FALSE(no_cached.is_done());
  fake.gate.open();
  settle();

  EXPECT_EQ(body_of(*strict), "answer 1");
  EXPECT_EQ(body_of(*no_cached), "answer 1");
  EXPECT_EQ(fake.calls(), 1);
}

TEST_F(TieredCacheStaleTest, OneWhoComesWhenTheStaleAnswerHasBecomeUselessWaitsForTheRefresh) {
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  redis.put(made_elsewhere(key, "old, in redis"));
  clock.advance(config.freshness.ttl);
  fake.gate.close();
  const auto first = start(key);
  settle();

  clock.advance(config.freshness.stale);
  const auto late = start(key);
  settle();
  ASSERT_FALSE(late.is_done());
  fake.gate.open();
  settle();

  EXPECT_EQ(body_of(*late), "answer 1");
}

TEST_F(TieredCacheStaleTest, WhoMissesTheStaleEntryDuringItsRefreshIsServedItStill) {
  FlakyTier& memory = add_tier("memory");
  leave_stale_answer();
  fake.gate.close();
  const auto first = start(key);
  settle();
  memory.set_available(false);

  const auto second = start(key);
  settle();

  ASSERT_TRUE(second.is_done());
  EXPECT_EQ(body_of(*second), "answer 1");
  fake.gate.open();
  settle();
}

TEST_F(TieredCacheStaleTest, AFresherEntryInALowerTierEndsTheRefreshWithoutAGeneration) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  memory.put(made_elsewhere(key, "old"));
  clock.advance(config.freshness.ttl);
  redis.put(made_elsewhere(key, "made by another instance"));

  const Result<Answer> first = get(key);
  const Result<Answer> second = get(key);

  EXPECT_EQ(body_of(first), "old");
  EXPECT_EQ(first->disposition(), Disposition::kStale);
  EXPECT_EQ(body_of(second), "made by another instance");
  EXPECT_EQ(second->tier(), "memory");
  EXPECT_EQ(fake.calls(), 0);
}

TEST_F(TieredCacheStaleTest, AFresherEntryBelowAStaleOneThatIsNotKnownAtOnceIsFoundAsWell) {
  add_tier("memory");
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  disk.put(made_elsewhere(key, "old"));
  clock.advance(config.freshness.ttl);
  redis.put(made_elsewhere(key, "made by another instance"));

  static_cast<void>(get(key));
  const Result<Answer> second = get(key);

  EXPECT_EQ(body_of(second), "made by another instance");
  EXPECT_EQ(body_of(Result<Answer>(Answer(*disk.peek(key), Disposition::kHit))),
            "made by another instance");
  EXPECT_EQ(fake.calls(), 0);
}

TEST_F(TieredCacheStaleTest, ALookUpAlonePrefersAFreshEntryBelowAStaleOne) {
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  disk.put(made_elsewhere(key, "old"));
  clock.advance(config.freshness.ttl);
  redis.put(made_elsewhere(key, "made by another instance"));

  const Result<Answer> cached = get(key, only_if_cached());

  EXPECT_EQ(body_of(cached), "made by another instance");
  EXPECT_EQ(cached->disposition(), Disposition::kHit);
}

TEST_F(TieredCacheStaleTest, AStalerEntryInALowerTierDoesNotReplaceTheOneAbove) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);
  disk.put(made_elsewhere(key, "oldest"));
  clock.advance(seconds(10));
  memory.put(made_elsewhere(key, "old"));
  clock.advance(config.freshness.ttl);
  fake.outcome = Outcome::kError;

  ASSERT_EQ(body_of(get(key)), "old");
  ASSERT_EQ(fake.calls(), 1);

  EXPECT_EQ(memory.peek(key)->body(), "old");
  EXPECT_EQ(body_of(get(key)), "old");
}

TEST_F(TieredCacheStaleTest, TheFresherOfTwoStaleEntriesIsServedIfNeitherIsKnownAtOnce) {
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  disk.put(made_elsewhere(key, "oldest"));
  clock.advance(seconds(10));
  redis.put(made_elsewhere(key, "old"));
  clock.advance(config.freshness.ttl);

  EXPECT_EQ(body_of(get(key, only_if_cached())), "old");
}

TEST_F(TieredCacheStaleTest, WhileTheGeneratorIsLeftAloneALowerTiersStaleEntryIsServed) {
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  redis.put(made_elsewhere(key, "old, in redis"));
  clock.advance(config.freshness.ttl);
  fake.outcome = Outcome::kError;

  for (int i = 0; i < 5; ++i)
    ASSERT_EQ(body_of(get(key)), "old, in redis");

  EXPECT_EQ(fake.calls(), 1);
  EXPECT_EQ(requests().stale, 5);
}

TEST_F(TieredCacheStaleTest, ARefreshThatIsTurnedAwayLeavesTheStaleAnswer) {
  add_tier("memory");
  config.max_generations = 1;
  leave_stale_answer();
  fake.gate.close();
  const auto other = start(sample_key("busy"));
  settle();

  const Result<Answer> answer = get(key);

  EXPECT_EQ(body_of(answer), "answer 1");
  EXPECT_EQ(generation().rejected, 1);
  fake.gate.open();
  settle();
}

}  // namespace
}  // namespace refrain::testing
