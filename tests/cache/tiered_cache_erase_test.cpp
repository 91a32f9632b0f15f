// Forgetting: one key, everything, and what other instances forgot.

#include "refrain/cache/tiered_cache.h"

#include "cache/tiered_cache_rig.h"

#include <gtest/gtest.h>

#include <chrono>

namespace refrain::testing {
namespace {

class TieredCacheEraseTest : public TieredCacheRig {
protected:
  Result<EraseOutcome> erase(CacheKey wanted) { return run(loop, cache().erase(wanted)); }
};

TEST_F(TieredCacheEraseTest, ForgetsTheKeyInEveryTierAndIsCounted) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);
  ASSERT_TRUE(get(key).has_value());
  ASSERT_TRUE(get(sample_key("other")).has_value());

  const Result<EraseOutcome> erased = erase(key);

  EXPECT_EQ(erased.value(), EraseOutcome::kErased);
  EXPECT_FALSE(memory.peek(key).has_value());
  EXPECT_FALSE(disk.peek(key).has_value());
  EXPECT_TRUE(memory.peek(sample_key("other")).has_value());
  EXPECT_EQ(memory.stats().removals.invalidated, 1);
  EXPECT_EQ(disk.stats().removals.invalidated, 1);
  EXPECT_EQ(get(key)->disposition(), Disposition::kMiss);
}

TEST_F(TieredCacheEraseTest, SaysWhetherAnyTierHadIt) {
  add_tier("memory");
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);
  disk.put(made_elsewhere(key, "on disk"));

  EXPECT_EQ(erase(key).value(), EraseOutcome::kErased);
  EXPECT_EQ(erase(key).value(), EraseOutcome::kAbsent);
}

TEST_F(TieredCacheEraseTest, ATierThatFailsToForgetIsAnErrorButTheOthersForget) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  ASSERT_TRUE(get(key).has_value());
  disk.set_failing(Operation::kErase, true);

  const Result<EraseOutcome> erased = erase(key);

  ASSERT_FALSE(erased.has_value());
  EXPECT_EQ(erased.error().code(), ErrorCode::kIo);
  EXPECT_FALSE(memory.peek(key).has_value());
  EXPECT_FALSE(redis.peek(key).has_value());
  EXPECT_EQ(disk.stats().errors, 1);
}

TEST_F(TieredCacheEraseTest, ATierThatIsAwayForgetsTooSoThatTheKeyDoesNotComeBackWithIt) {
  add_tier("memory");
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);
  ASSERT_TRUE(get(key).has_value());
  disk.set_available(false);

  EXPECT_EQ(erase(key).value(), EraseOutcome::kErased);
  disk.set_available(true);

  EXPECT_EQ(get(key)->disposition(), Disposition::kMiss);
}

TEST_F(TieredCacheEraseTest, ATierThatOwesItIsNoFailure) {
  add_tier("memory");
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  ASSERT_TRUE(get(key).has_value());
  redis.set_failing(Operation::kErase, true);
  redis.set_owing(true);

  EXPECT_EQ(erase(key).value(), EraseOutcome::kPending);
}

TEST_F(TieredCacheEraseTest, WhatIsOlderThanAnErasureInASharedTierIsNotUsed) {
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  FlakyTier& memory = add_tier("memory");
  memory.put(made_elsewhere(key, "erased since"));
  clock.advance(std::chrono::seconds(1));
  redis.put(Entry::erasure(key, clock.now()));
  clock.advance(std::chrono::seconds(1));

  EXPECT_EQ(get(key)->entry().body(), "answer 1");

  EXPECT_EQ(memory.peek(key)->body(), "answer 1");
  EXPECT_EQ(redis.peek(key)->body(), "answer 1");
}

TEST_F(TieredCacheEraseTest, WhatIsNewerThanAnErasureInASharedTierIsUsed) {
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  FlakyTier& memory = add_tier("memory");
  redis.put(Entry::erasure(key, clock.now()));
  clock.advance(std::chrono::seconds(1));
  memory.put(made_elsewhere(key, "made since"));

  EXPECT_EQ(get(key)->entry().body(), "made since");
}

TEST_F(TieredCacheEraseTest, AnErasureIsNoAnswer) {
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  redis.put(Entry::erasure(key, clock.now() + std::chrono::hours(1)));  // by a clock that is ahead

  EXPECT_FALSE(run(loop, cache().find(cache().probe(key, CacheDirectives()))).has_value());
}

TEST_F(TieredCacheEraseTest, ATierThatIsAwayMayFailToForget) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  ASSERT_TRUE(get(key).has_value());
  redis.set_available(false);
  redis.set_failing(Operation::kErase, true);

  EXPECT_EQ(erase(key).value(), EraseOutcome::kErased);
  EXPECT_EQ(erase(key).value(), EraseOutcome::kAbsent);

  EXPECT_FALSE(memory.peek(key).has_value());
  EXPECT_EQ(redis.calls(Operation::kErase), 2);
  EXPECT_EQ(log.lines().size(), 0U);
}

TEST_F(TieredCacheEraseTest, AGenerationUnderWayIsGivenButNotStored) {
  FlakyTier& memory = add_tier("memory");
  fake.gate.close();
  const auto before = start(key);
  settle();

  ASSERT_TRUE(erase(key).has_value());
  const auto after = start(key);
  settle();
  ASSERT_EQ(fake.calls(), 2);
  fake.gate.open();
  settle();

  EXPECT_EQ((*before)->entry().body(), "answer 1");
  EXPECT_FALSE((*before)->is_stored());
  EXPECT_EQ((*after)->entry().body(), "answer 2");
  EXPECT_TRUE((*after)->is_stored());
  EXPECT_EQ(memory.peek(key)->body(), "answer 2");
}

TEST_F(TieredCacheEraseTest, AGenerationNobodyAskedForAgainLeavesNothing) {
  FlakyTier& memory = add_tier("memory");
  fake.gate.close();
  const auto before = start(key);
  settle();

  ASSERT_TRUE(erase(key).has_value());
  fake.gate.open();
  settle();

  EXPECT_TRUE(before->has_value());
  EXPECT_EQ(memory.calls(Operation::kInsert), 0);
}

TEST_F(TieredCacheEraseTest, WhatIsBeingStoredMeanwhileIsForgottenToo) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);
  disk.hang(Operation::kInsert);
  const auto storing = start(key);
  settle();
  ASSERT_EQ(disk.hanging(Operation::kInsert), 1U);

  ASSERT_TRUE(erase(key).has_value());
  // The erase is over, the insert into the disk comes to its end only now.
  disk.release(Operation::kInsert);
  settle();

  EXPECT_TRUE(storing.is_done());
  EXPECT_FALSE((*storing)->is_stored());
  EXPECT_FALSE(memory.peek(key).has_value());
  EXPECT_FALSE(disk.peek(key).has_value());
}

TEST_F(TieredCacheEraseTest, WhatIsBeingPromotedMeanwhileDoesNotComeBack) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);
  disk.put(made_elsewhere(key, "on disk"));
  disk.hang(Operation::kFind);
  const auto finding = start(key);
  settle();
  ASSERT_EQ(disk.hanging(Operation::kFind), 1U);

  ASSERT_EQ(erase(key).value(), EraseOutcome::kErased);
  disk.release(Operation::kFind);
  settle();

  EXPECT_EQ((*finding)->entry().body(), "on disk");
  EXPECT_FALSE(memory.peek(key).has_value());
  EXPECT_EQ(get(key)->disposition(), Disposition::kMiss);
}

TEST_F(TieredCacheEraseTest, WhatALookUpAlonePromotesMeanwhileDoesNotComeBack) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);
  disk.put(made_elsewhere(key, "on disk"));
  disk.hang(Operation::kFind);
  const auto finding =
      Call<std::optional<Answer>>::start(loop, cache().find(cache().probe(key, {})));
  settle();

  ASSERT_EQ(erase(key).value(), EraseOutcome::kErased);
  disk.release(Operation::kFind);
  settle();

  EXPECT_TRUE(finding.is_done());
  EXPECT_FALSE(memory.peek(key).has_value());
}

TEST_F(TieredCacheEraseTest, WhatIsPromotedWhileTheEraseIsUnderWayDoesNotComeBack) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);
  disk.put(made_elsewhere(key, "on disk"));
  // The erase stops between the tiers: memory has forgotten, the disk has not.
  Gate between;
  between.close();
  disk.set_hook(Operation::kErase, [&between] { return between.pass(); });
  const auto erasing = Call<Result<EraseOutcome>>::start(loop, cache().erase(key));
  settle();
  ASSERT_FALSE(erasing.is_done());

  static_cast<void>(get(key));
  between.open();
  settle();

  EXPECT_TRUE(erasing.is_done());
  EXPECT_FALSE(memory.peek(key).has_value());
  EXPECT_FALSE(disk.peek(key).has_value());
}

TEST_F(TieredCacheEraseTest, AFailureToTakeBackWhatWasStoredIsLogged) {
  FlakyTier& memory = add_tier("memory");
  memory.hang(Operation::kInsert);
  const auto storing = start(key);
  settle();
  ASSERT_TRUE(erase(key).has_value());
  memory.set_failing(Operation::kErase, true);

  memory.release(Operation::kInsert);
  settle();

  EXPECT_TRUE(storing->has_value());
  EXPECT_EQ(log.lines().size(), 1U);
}

TEST_F(TieredCacheEraseTest, ClearRaisesTheEpochAndEmptiesEveryTier) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  ASSERT_TRUE(get(key).has_value());
  const std::uint64_t before = cache().epoch();

  ASSERT_TRUE(run(loop, cache().clear()).has_value());

  EXPECT_EQ(cache().epoch(), before + 1);
  EXPECT_EQ(memory.stats().items, 0);
  EXPECT_EQ(redis.stats().items, 0);
  EXPECT_EQ(memory.cleared_epoch(), before + 1);
  EXPECT_EQ(redis.cleared_epoch(), before + 1);
}

TEST_F(TieredCacheEraseTest, ClearDiscardsWhatIsUnderWay) {
  FlakyTier& memory = add_tier("memory");
  fake.gate.close();
  const auto before = start(key);
  settle();

  ASSERT_TRUE(run(loop, cache().clear()).has_value());
  fake.gate.open();
  settle();

  EXPECT_EQ((*before)->entry().body(), "answer 1");
  EXPECT_FALSE((*before)->is_stored());
  EXPECT_EQ(memory.stats().items, 0);
}

TEST_F(TieredCacheEraseTest, WhatIsBeingPromotedDuringAClearDoesNotComeBack) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);
  disk.put(made_elsewhere(key, "on disk"));
  disk.hang(Operation::kFind);
  const auto finding =
      Call<std::optional<Answer>>::start(loop, cache().find(cache().probe(key, {})));
  settle();

  ASSERT_TRUE(run(loop, cache().clear()).has_value());
  disk.release(Operation::kFind);
  settle();

  EXPECT_TRUE(finding.is_done());
  EXPECT_FALSE(memory.peek(key).has_value());
}

TEST_F(TieredCacheEraseTest, ClearReachesUnavailableTiersSoThatTheyRememberTheEpoch) {
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  redis.set_available(false);

  ASSERT_TRUE(run(loop, cache().clear()).has_value());

  EXPECT_EQ(redis.cleared_epoch(), cache().epoch());
}

TEST_F(TieredCacheEraseTest, ATierThatFailsToClearIsAnErrorAndTheEpochIsRaisedAllTheSame) {
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  FlakyTier& memory = add_tier("memory");
  ASSERT_TRUE(get(key).has_value());
  redis.set_failing(Operation::kClear, true);
  const std::uint64_t before = cache().epoch();

  EXPECT_FALSE(run(loop, cache().clear()).has_value());

  EXPECT_EQ(cache().epoch(), before + 1);
  EXPECT_EQ(memory.stats().items, 0);
}

TEST_F(TieredCacheEraseTest, SweepSweepsEveryTierAvailableOrNot) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  redis.set_available(false);
  ASSERT_TRUE(get(key).has_value());
  clock.advance(config.freshness.ttl + config.freshness.stale);

  run(loop, cache().sweep());

  EXPECT_EQ(memory.stats().removals.expired, 1);
  EXPECT_EQ(memory.stats().items, 0);
  EXPECT_EQ(redis.calls(Operation::kSweep), 1);
}

TEST_F(TieredCacheEraseTest, SweepClearsItsOwnTiersOnceAfterTheEpochWasRaisedElsewhere) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& disk = add_tier("disk", Mode::kAsynchronous);
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  ASSERT_TRUE(get(key).has_value());
  run(loop, cache().sweep());
  ASSERT_EQ(memory.calls(Operation::kClear), 0);

  epoch.adopt(9);
  run(loop, cache().sweep());
  run(loop, cache().sweep());

  EXPECT_EQ(memory.stats().items, 0);
  EXPECT_EQ(disk.stats().items, 0);
  EXPECT_EQ(redis.stats().items, 1);
  EXPECT_EQ(memory.calls(Operation::kClear), 1);
  EXPECT_EQ(memory.cleared_epoch(), 9U);
  EXPECT_EQ(redis.calls(Operation::kClear), 0);
}

TEST_F(TieredCacheEraseTest, SweepAdoptsAnEpochThatATierLearnsOfInItsSweep) {
  FlakyTier& memory = add_tier("memory");
  FlakyTier& redis = add_tier("redis", Mode::kAsynchronous, true);
  ASSERT_TRUE(get(key).has_value());
  redis.set_hook(Operation::kSweep, [this]() -> Task<void> {
    epoch.adopt(5);
    co_return;
  });

  run(loop, cache().sweep());

  EXPECT_EQ(cache().epoch(), 5U);
  EXPECT_EQ(memory.stats().items, 0);
}

TEST_F(TieredCacheEraseTest, SweepDoesNotClearAgainWhatClearHasCleared) {
  FlakyTier& memory = add_tier("memory");
  ASSERT_TRUE(run(loop, cache().clear()).has_value());
  ASSERT_TRUE(get(key).has_value());

  run(loop, cache().sweep());

  EXPECT_EQ(memory.calls(Operation::kClear), 1);
  EXPECT_TRUE(memory.peek(key).has_value());
}

}  // namespace
}  // namespace refrain::testing
