#include "refrain/memory/fallback_tier.h"

#include "support/manual_clock.h"
#include "support/run.h"
#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

namespace refrain::testing {
namespace {

class FallbackTierTest : public ::testing::Test {
protected:
  [[nodiscard]] Entry entry() const { return sample_entry(key_, clock_.now()); }
  bool has(Tier& tier) { return tier.find_now(key_, BodyPlace::kMemory).entry().has_value(); }

  ManualClock clock_;
  NearTier near_{std::make_unique<MemoryTier>(MemoryCache::Config(), clock_)};
  FallbackTier fallback_{near_};
  const CacheKey key_ = sample_key("a");
};

TEST_F(FallbackTierTest, IsAViewOfMemory) {
  EXPECT_TRUE(fallback_.is_view());
  EXPECT_EQ(fallback_.name(), "memory");
  EXPECT_EQ(fallback_.stats().name, "memory");
}

TEST_F(FallbackTierTest, IsThereWhenTheNearTierIsNot) {
  EXPECT_TRUE(fallback_.is_available());

  near_.open();

  EXPECT_FALSE(fallback_.is_available());
}

TEST_F(FallbackTierTest, KeepsWhatItIsGivenInTheSameMemory) {
  EXPECT_EQ(run(fallback_.insert(entry())).value(), InsertOutcome::kStored);

  EXPECT_TRUE(has(fallback_));
  EXPECT_TRUE(run(fallback_.find(key_)).value().has_value());
  EXPECT_EQ(near_.memory().stats().items, 1);
}

TEST_F(FallbackTierTest, RefusesWhatComesAfterTheNearTierHasOpened) {
  near_.open();

  EXPECT_EQ(run(fallback_.insert(entry())).value(), InsertOutcome::kRefused);
  EXPECT_TRUE(fallback_.insert_now(entry()));

  EXPECT_EQ(near_.stats().items, 0);
}

TEST_F(FallbackTierTest, KeepsWhatTheSharedTierAnswersUnlessTheNearTierIsOpen) {
  fallback_.keep_now(entry());
  EXPECT_TRUE(has(fallback_));

  near_.open();
  fallback_.keep_now(entry());

  EXPECT_FALSE(has(near_));
}

TEST_F(FallbackTierTest, LeavesErasingToTheNearTier) {
  run(fallback_.insert(entry())).value();

  EXPECT_FALSE(run(fallback_.erase(key_)).value());
  EXPECT_TRUE(fallback_.erase_now(key_));
  EXPECT_TRUE(fallback_.clear_now());
  EXPECT_TRUE(run(fallback_.clear(2)).has_value());
  EXPECT_TRUE(has(fallback_));

  EXPECT_TRUE(run(near_.erase(key_)).value());
  EXPECT_FALSE(has(fallback_));
}

TEST_F(FallbackTierTest, NothingSlipsInWhileTheNearTierOpens) {
  constexpr int kRounds = 2000;
  std::atomic<int> round{0};
  std::thread inserter([&] {
    while (round < kRounds)
      fallback_.insert_now(entry());
  });

  int slipped_in = 0;
  for (; round < kRounds; ++round) {
    near_.open();
    slipped_in += has(near_) ? 1 : 0;
    near_.close();
  }
  inserter.join();

  EXPECT_EQ(slipped_in, 0);
}

}  // namespace
}  // namespace refrain::testing
