#include "refrain/redis/missed_erasures.h"

#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <chrono>

namespace refrain {
namespace {

using testing::sample_key;

TEST(MissedErasures, HidesTheWholeShardAndTheKeyInAny) {
  MissedErasures missed(10);
  EXPECT_FALSE(missed.hides(sample_key("a"), 0));

  EXPECT_TRUE(missed.remember(sample_key("a"), 1, WallTime()));

  EXPECT_TRUE(missed.hides(sample_key("b"), 1)) << "it must be erased before the shard answers";
  EXPECT_FALSE(missed.hides(sample_key("b"), 0));
  EXPECT_TRUE(missed.hides(sample_key("a"), 0)) << "it may have moved";
}

TEST(MissedErasures, KnowsItsKeys) {
  MissedErasures missed(10);
  EXPECT_FALSE(missed.has(sample_key("a")));

  EXPECT_TRUE(missed.remember(sample_key("a"), 1, WallTime()));

  EXPECT_TRUE(missed.has(sample_key("a")));
  EXPECT_FALSE(missed.has(sample_key("b")));
}

TEST(MissedErasures, ShowsAShardAgainWhenAllOfItIsErased) {
  MissedErasures missed(10);
  EXPECT_TRUE(missed.remember(sample_key("a"), 1, WallTime()));
  EXPECT_TRUE(missed.remember(sample_key("b"), 1, WallTime()));
  ASSERT_EQ(missed.waiting().size(), 2U);

  missed.settle(missed.waiting().front());
  EXPECT_TRUE(missed.hides(sample_key("c"), 1));
  missed.settle(missed.waiting().front());

  EXPECT_FALSE(missed.hides(sample_key("c"), 1));
  EXPECT_TRUE(missed.is_empty());
}

TEST(MissedErasures, WaitsOnForAKeyThatWasErasedAgainMeanwhile) {
  MissedErasures missed(10);
  EXPECT_TRUE(missed.remember(sample_key("a"), 0, WallTime()));
  const MissedErasures::Waiting first = missed.waiting().front();
  EXPECT_TRUE(missed.remember(sample_key("a"), 0, WallTime()));

  missed.settle(first);

  EXPECT_EQ(missed.count(), 1);
  missed.settle(missed.waiting().front());
  EXPECT_EQ(missed.count(), 0);
}

TEST(MissedErasures, KnowsWhenAKeyWasErasedLast) {
  MissedErasures missed(10);
  const WallTime first(std::chrono::milliseconds(1000));
  const WallTime last(std::chrono::milliseconds(2000));

  EXPECT_TRUE(missed.remember(sample_key("a"), 0, last));
  EXPECT_TRUE(missed.remember(sample_key("a"), 0, first));

  EXPECT_EQ(missed.waiting().front().at, last);
}

TEST(MissedErasures, SaysWhenThereIsNoRoom) {
  MissedErasures missed(2);
  EXPECT_TRUE(missed.remember(sample_key("a"), 0, WallTime()));
  EXPECT_TRUE(missed.remember(sample_key("b"), 0, WallTime()));
  EXPECT_FALSE(missed.remember(sample_key("c"), 0, WallTime()));
  EXPECT_TRUE(missed.remember(sample_key("a"), 0, WallTime())) << "it has its place already";

  EXPECT_EQ(missed.count(), 2);
}

TEST(MissedErasures, ForgetsAll) {
  MissedErasures missed(10);
  EXPECT_TRUE(missed.remember(sample_key("a"), 3, WallTime()));
  const MissedErasures::Waiting erased = missed.waiting().front();

  missed.forget_all();
  missed.settle(erased);

  EXPECT_TRUE(missed.is_empty());
  EXPECT_FALSE(missed.hides(sample_key("a"), 3));
}

}  // namespace
}  // namespace refrain
