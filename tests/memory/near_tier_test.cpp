#include "refrain/memory/near_tier.h"

#include "refrain/memory/fallback_tier.h"

#include "support/manual_clock.h"
#include "support/run.h"
#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <memory>

namespace refrain::testing {
namespace {

class NearTierTest : public ::testing::Test {
protected:
  [[nodiscard]] Entry entry(std::string_view name = "a") const {
    return sample_entry(sample_key(name), clock_.now());
  }
  static bool has(Tier& tier, std::string_view name = "a") {
    return tier.find_now(sample_key(name), BodyPlace::kMemory).entry().has_value();
  }

  ManualClock clock_;
  NearTier near_{std::make_unique<MemoryTier>(MemoryCache::Config(), clock_)};
  FallbackTier fallback_{near_};
};

TEST_F(NearTierTest, IsMemoryToEverybody) {
  EXPECT_EQ(near_.name(), "memory");
  EXPECT_EQ(near_.stats().name, "memory");
  EXPECT_FALSE(near_.is_shared());
  EXPECT_FALSE(near_.is_view());
}

TEST_F(NearTierTest, IsAwayUntilItIsOpened) {
  EXPECT_FALSE(near_.is_available());

  near_.open();

  EXPECT_TRUE(near_.is_available());
}

TEST_F(NearTierTest, AnswersWhatItWasGivenWhileOpen) {
  near_.open();

  EXPECT_TRUE(near_.insert_now(entry("a")));
  EXPECT_EQ(run(near_.insert(entry("b"))).value(), InsertOutcome::kStored);

  EXPECT_TRUE(has(near_, "a"));
  EXPECT_TRUE(run(near_.find(sample_key("b"))).value().has_value());
  EXPECT_TRUE(near_.erase_now(sample_key("a")));
  EXPECT_TRUE(run(near_.erase(sample_key("b"))).value());
  EXPECT_EQ(near_.stats().items, 0);
}

TEST_F(NearTierTest, ForgetsWhatItWasGivenWhileClosed) {
  fallback_.insert_now(entry());

  near_.open();

  EXPECT_FALSE(has(near_));
}

TEST_F(NearTierTest, ForgetsEverythingWheneverItOpens) {
  near_.open();
  near_.insert_now(entry());
  near_.close();

  near_.open();

  EXPECT_FALSE(has(near_));
}

TEST_F(NearTierTest, LeavesWhatItHasToTheFallbackWhenItCloses) {
  near_.open();
  near_.insert_now(entry());

  near_.close();

  EXPECT_FALSE(near_.is_available());
  EXPECT_TRUE(fallback_.is_available());
  EXPECT_TRUE(has(fallback_));
}

TEST_F(NearTierTest, CanBeClearedAtOnceAndOtherwise) {
  near_.open();
  near_.insert_now(entry("a"));
  EXPECT_TRUE(near_.clear_now());
  EXPECT_FALSE(has(near_, "a"));

  near_.insert_now(entry("b"));
  EXPECT_TRUE(run(near_.clear(2)).has_value());
  EXPECT_FALSE(has(near_, "b"));
}

}  // namespace
}  // namespace refrain::testing
