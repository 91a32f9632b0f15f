#include "refrain/redis/written_keys.h"

#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace refrain {
namespace {

using testing::sample_key;

WallTime at(int milliseconds) {
  return WallTime(std::chrono::milliseconds(milliseconds));
}

TEST(WrittenKeys, CountsARewrittenKeyOnce) {
  WrittenKeys keys(10);

  keys.record(sample_key("a"), at(100), 5);
  keys.record(sample_key("a"), at(200), 7);

  EXPECT_EQ(keys.counts().items, 1);
  EXPECT_EQ(keys.counts().size_bytes, 7);
  EXPECT_EQ(keys.counts().insertions, 2);
  EXPECT_EQ(keys.counts().removals.replaced, 1);
}

TEST(WrittenKeys, CountsNothingForKeysOfOthers) {
  WrittenKeys keys(10);

  keys.forget(sample_key("a"), &Removals::corrupt);
  keys.forget_missing(sample_key("a"), at(1));

  EXPECT_EQ(keys.counts().removals.total(), 0);
}

TEST(WrittenKeys, AMissingKeyHasExpiredOrWasDropped) {
  WrittenKeys keys(10);
  keys.record(sample_key("a"), at(100), 1);
  keys.record(sample_key("b"), at(100), 1);

  keys.forget_missing(sample_key("a"), at(99));
  keys.forget_missing(sample_key("b"), at(100));

  EXPECT_EQ(keys.counts().removals.capacity, 1);
  EXPECT_EQ(keys.counts().removals.expired, 1);
}

TEST(WrittenKeys, ForgetsTheExpiredInBoundedSteps) {
  WrittenKeys keys(10);
  for (int i = 0; i < 6; ++i)
    keys.record(sample_key(std::to_string(i)), at(i < 5 ? 100 : 200), 1);

  keys.forget_expired(at(100), 3);
  EXPECT_EQ(keys.counts().items, 3);
  keys.forget_expired(at(100), 3);

  EXPECT_EQ(keys.counts().items, 1);
  EXPECT_EQ(keys.counts().removals.expired, 5);
}

TEST(WrittenKeys, LetsTheOneGoThatExpiresFirstWhenFull) {
  WrittenKeys keys(2);
  keys.record(sample_key("late"), at(300), 1);
  keys.record(sample_key("early"), at(100), 1);

  keys.record(sample_key("new"), at(200), 1);
  keys.forget(sample_key("early"), &Removals::invalidated);

  EXPECT_EQ(keys.counts().items, 2);
  EXPECT_EQ(keys.counts().removals.capacity, 1);
  EXPECT_EQ(keys.counts().removals.invalidated, 0);
}

TEST(WrittenKeys, SumsAreRightAfterRandomOperations) {
  WrittenKeys keys(16);
  std::mt19937 random(11);

  for (int step = 0; step < 5000; ++step) {
    const CacheKey key = sample_key(std::to_string(random() % 32));
    const WallTime now = at(step);
    switch (random() % 6) {
      case 0:
        keys.forget(key, &Removals::invalidated);
        break;
      case 1:
        keys.forget_missing(key, now);
        break;
      case 2:
        keys.forget_expired(now, 2);
        break;
      default:
        keys.record(key, now + std::chrono::milliseconds(random() % 50), random() % 100);
    }
    if (step % 1000 == 999) keys.forget_all(&Removals::invalidated);
    const WrittenKeys::Counts counts = keys.counts();
    ASSERT_EQ(counts.insertions - counts.removals.total(), counts.items);
    ASSERT_GE(counts.size_bytes, 0);
  }
  EXPECT_EQ(keys.counts().items, 0);
  EXPECT_EQ(keys.counts().size_bytes, 0);
}

}  // namespace
}  // namespace refrain
