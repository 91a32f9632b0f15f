// What others change in a shared tier, and what is made of it here.

#include "refrain/cache/tiered_cache.h"

#include "cache/tiered_cache_rig.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

namespace refrain::testing {
namespace {

class TieredCacheInvalidateTest : public TieredCacheRig {
protected:
  TieredCacheInvalidateTest() { redis_.put(made_elsewhere(key, "old")); }

  /// As another instance does it; this one hears of it by `invalidate`.
  void overwrite(std::string_view body) { redis_.put(made_elsewhere(key, body)); }

  FlakyTier& memory_ = add_tier("memory");
  FlakyTier& redis_ = add_tier("redis", Mode::kAsynchronous, true);
};

TEST_F(TieredCacheInvalidateTest, ForgetsInItsOwnTiersOnly) {
  get(key).value();
  ASSERT_TRUE(memory_.peek(key).has_value());

  cache().invalidate(key);

  EXPECT_FALSE(memory_.peek(key).has_value());
  EXPECT_TRUE(redis_.peek(key).has_value());
}

TEST_F(TieredCacheInvalidateTest, LeavesOtherKeysAlone) {
  get(key).value();

  cache().invalidate(sample_key("another"));

  EXPECT_TRUE(memory_.peek(key).has_value());
}

TEST_F(TieredCacheInvalidateTest, AFillWithTheOlderValueIsNotMade) {
  redis_.hang(Operation::kFind);
  const auto looking = start(key);
  settle();
  ASSERT_EQ(redis_.hanging(Operation::kFind), 1U);  // it has read the old one

  overwrite("new");
  cache().invalidate(key);
  redis_.release(Operation::kFind);
  settle();

  ASSERT_TRUE(looking.is_done());
  EXPECT_EQ((*looking)->entry().body(), "old");  // it asked before the change
  EXPECT_FALSE(memory_.peek(key).has_value());
  EXPECT_EQ(memory_.calls(Operation::kInsertNow), 0);
  EXPECT_EQ(get(key)->entry().body(), "new");
}

TEST_F(TieredCacheInvalidateTest, WhoComesLaterDoesNotJoinALookUpOfBefore) {
  redis_.hang(Operation::kFind);
  const auto looking = start(key);
  settle();
  overwrite("new");
  cache().invalidate(key);

  const auto later = start(key);
  redis_.release(Operation::kFind);
  settle();

  ASSERT_TRUE(looking.is_done() && later.is_done());
  EXPECT_EQ((*later)->entry().body(), "new");
}

TEST_F(TieredCacheInvalidateTest, WhoComesLaterDoesNotJoinAStoringOfBefore) {
  redis_.set_available(false);
  redis_.hang(Operation::kInsert);
  fake.gate.close();
  const auto generating = start(key);
  settle();
  redis_.set_available(true);
  fake.gate.open();
  settle();
  ASSERT_EQ(redis_.hanging(Operation::kInsert), 1U);  // it has written its answer
  overwrite("newer");
  cache().invalidate(key);

  const auto later = start(key);
  settle();
  redis_.release(Operation::kInsert);
  settle();

  ASSERT_TRUE(generating.is_done() && later.is_done());
  EXPECT_EQ((*generating)->entry().body(), "answer 1");
  EXPECT_EQ((*later)->entry().body(), "newer");
}

TEST_F(TieredCacheInvalidateTest, ItsOwnWriteComesBackAndTakesNothingFromRedis) {
  const CacheKey fresh = sample_key("generated here");
  redis_.hang(Operation::kInsert);
  const auto generating = start(fresh);
  settle();
  ASSERT_EQ(redis_.hanging(Operation::kInsert), 1U);

  cache().invalidate(fresh);
  redis_.release(Operation::kInsert);
  settle();

  ASSERT_TRUE(generating.is_done());
  EXPECT_TRUE((*generating)->is_stored());
  EXPECT_TRUE(redis_.peek(fresh).has_value());
  EXPECT_EQ(get(fresh)->tier(), "redis");
  EXPECT_EQ(get(fresh)->tier(), "memory");
}

TEST_F(TieredCacheInvalidateTest, AGenerationUnderWayIsForThoseWhoComeLaterToo) {
  const CacheKey fresh = sample_key("generated here");
  fake.gate.close();
  const auto first = start(fresh);
  settle();

  cache().invalidate(fresh);
  const auto second = start(fresh);
  fake.gate.open();
  settle();

  EXPECT_EQ((*first)->entry().body(), "answer 1");
  EXPECT_EQ((*second)->entry().body(), "answer 1");
  EXPECT_EQ(fake.calls(), 1);
}

TEST_F(TieredCacheInvalidateTest, OfEverythingEmptiesItsOwnTiers) {
  get(key).value();

  cache().invalidate_all();

  EXPECT_EQ(memory_.stats().items, 0);
  EXPECT_TRUE(redis_.peek(key).has_value());
}

TEST_F(TieredCacheInvalidateTest, OfEverythingForbidsFillsUnderWay) {
  redis_.hang(Operation::kFind);
  const auto looking = start(key);
  settle();

  cache().invalidate_all();
  redis_.release(Operation::kFind);
  settle();

  ASSERT_TRUE(looking.is_done());
  EXPECT_FALSE(memory_.peek(key).has_value());
}

TEST_F(TieredCacheInvalidateTest, AHigherEpochEmptiesItsOwnTiersOnce) {
  get(key).value();
  epoch.adopt(2);

  run(loop, cache().follow_epoch());
  run(loop, cache().follow_epoch());

  EXPECT_EQ(memory_.stats().items, 0);
  EXPECT_EQ(memory_.calls(Operation::kClear), 1);
  EXPECT_EQ(redis_.calls(Operation::kClear), 0);
}

}  // namespace
}  // namespace refrain::testing
