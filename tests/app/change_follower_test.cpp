#include "refrain/app/change_follower.h"

#include "support/flaky_tier.h"
#include "support/log_spy.h"
#include "support/manual_clock.h"
#include "support/run.h"
#include "support/sample_entry.h"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

namespace refrain::app {
namespace {

using testing::sample_entry;
using testing::sample_key;

class ChangeFollowerTest : public ::testing::Test {
protected:
  ChangeFollowerTest() {
    auto memory = std::make_unique<MemoryTier>(MemoryCache::Config(), clock_);
    auto near = std::make_unique<NearTier>(std::move(memory));
    near_ = near.get();
    std::vector<std::unique_ptr<Tier>> tiers;
    tiers.push_back(std::move(near));
    cache_ = std::make_unique<TieredCache>(
        std::move(tiers), TieredCache::Config(), clock_, epoch_, log_);
    follower_ = std::make_unique<ChangeFollower>(*cache_, near_, loop_.get_executor());
  }

  void insert(std::string_view name) {
    near_->memory().insert_now(sample_entry(sample_key(name), clock_.now()));
  }
  [[nodiscard]] std::int64_t items() const { return near_->stats().items; }
  void settle() {
    loop_.restart();
    loop_.poll();
  }

  testing::ManualClock clock_;
  testing::LogSpy log_;
  Epoch epoch_;
  NearTier* near_ = nullptr;
  std::unique_ptr<TieredCache> cache_;
  std::unique_ptr<ChangeFollower> follower_;
  boost::asio::io_context loop_{1};
};

TEST_F(ChangeFollowerTest, OpensAnEmptyNearTierWithTheFeed) {
  insert("from before");

  follower_->on_feed_up();

  EXPECT_TRUE(near_->is_open());
  EXPECT_EQ(items(), 0);
}

TEST_F(ChangeFollowerTest, ClosesItWithTheFeedAndKeepsWhatItHas) {
  follower_->on_feed_up();
  insert("a");

  follower_->on_feed_down();

  EXPECT_FALSE(near_->is_open());
  EXPECT_EQ(items(), 1);
}

TEST_F(ChangeFollowerTest, ForgetsWhatWasChanged) {
  follower_->on_feed_up();
  insert("a");
  insert("b");

  follower_->on_changed(sample_key("a"));

  EXPECT_EQ(items(), 1);
  EXPECT_TRUE(near_->find_now(sample_key("b"), BodyPlace::kMemory).entry().has_value());
}

TEST_F(ChangeFollowerTest, ForgetsEverythingAfterAFlush) {
  follower_->on_feed_up();
  insert("a");

  follower_->on_all_changed();

  EXPECT_EQ(items(), 0);
  EXPECT_TRUE(near_->is_open());
}

TEST_F(ChangeFollowerTest, EmptiesTheCacheWhenTheEpochHasRisen) {
  follower_->on_feed_up();
  settle();
  insert("a");
  epoch_.adopt(2);

  follower_->on_epoch_raised();
  settle();

  EXPECT_EQ(items(), 0);
}

TEST_F(ChangeFollowerTest, WithoutANearTierFollowsTheEpochAlone) {
  ChangeFollower follower(*cache_, nullptr, loop_.get_executor());
  insert("a");

  follower.on_feed_up();
  follower.on_changed(sample_key("a"));
  follower.on_all_changed();
  follower.on_feed_down();
  settle();
  EXPECT_EQ(items(), 1);

  epoch_.adopt(2);
  follower.on_epoch_raised();
  settle();
  EXPECT_EQ(items(), 0);
}

}  // namespace
}  // namespace refrain::app
