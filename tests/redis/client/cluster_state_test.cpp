#include "refrain/redis/client/cluster_state.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace refrain {
namespace {

constexpr std::chrono::milliseconds kDistance{100};

RedisAddress address(std::uint16_t port) {
  RedisAddress address;
  address.host = "h";
  address.port = port;
  return address;
}

ClusterTopology one_slot(std::uint16_t slot, std::uint16_t port) {
  return ClusterTopology().moved(slot, address(port));
}

TEST(ClusterState, KnowsNothingAtFirst) {
  const ClusterState state(kDistance, 0);

  EXPECT_TRUE(state.topology()->is_empty());
  EXPECT_FALSE(state.refreshed().has_value());
}

TEST(ClusterState, LetsOneAskAtATime) {
  ClusterState state(kDistance, 0);
  const SteadyTime now{std::chrono::hours(1)};

  EXPECT_TRUE(state.begin_refresh(now));
  EXPECT_FALSE(state.begin_refresh(now + 10 * kDistance));
  state.end_refresh(std::nullopt, now + 10 * kDistance);

  EXPECT_TRUE(state.begin_refresh(now + 10 * kDistance));
}

TEST(ClusterState, KeepsADistanceBetweenQuestions) {
  ClusterState state(kDistance, 0);
  const SteadyTime now{std::chrono::hours(1)};
  EXPECT_TRUE(state.begin_refresh(now));
  state.end_refresh(one_slot(1, 1), now);

  EXPECT_FALSE(state.begin_refresh(now + kDistance - std::chrono::milliseconds(1)));
  EXPECT_TRUE(state.begin_refresh(now + kDistance));
}

TEST(ClusterState, TakesWhatWasFound) {
  ClusterState state(kDistance, 0);
  const SteadyTime now{std::chrono::hours(1)};
  const std::uint64_t before = state.version();

  state.end_refresh(one_slot(7, 1), now);

  EXPECT_GT(state.version(), before);
  EXPECT_EQ(state.refreshed(), now);
  EXPECT_EQ(*state.topology(), one_slot(7, 1));
}

TEST(ClusterState, StaysAsItIsWhenNothingNewWasFound) {
  ClusterState state(kDistance, 0);
  const SteadyTime now{std::chrono::hours(1)};
  state.end_refresh(one_slot(7, 1), now);
  const std::uint64_t version = state.version();

  state.end_refresh(one_slot(7, 1), now + kDistance);
  EXPECT_EQ(state.version(), version);
  EXPECT_EQ(state.refreshed(), now + kDistance);
  state.end_refresh(std::nullopt, now + 2 * kDistance);

  EXPECT_EQ(state.version(), version);
  EXPECT_EQ(state.refreshed(), now + kDistance) << "no node answered";
}

TEST(ClusterState, TakesAMoveOnce) {
  ClusterState state(kDistance, 0);
  state.end_refresh(one_slot(7, 1), SteadyTime{});
  const auto before = state.topology();
  const std::uint64_t version = state.version();

  state.note_moved(7, address(2));
  state.note_moved(7, address(2));

  EXPECT_EQ(state.version(), version + 1);
  const auto after = state.topology();
  EXPECT_EQ(after->shards()[after->shard_of(7).value()].master, address(2));
  EXPECT_EQ(*before, one_slot(7, 1)) << "whoever holds it";
}

TEST(ClusterState, AMasterKeepsItsIdWhenShardsChangePlaces) {
  ClusterState state(kDistance, 0);
  state.end_refresh(one_slot(7, 1).moved(9, address(2)), SteadyTime{});
  const auto before = state.topology();
  ASSERT_EQ(before->shards()[0].master, address(1));
  ASSERT_NE(before->shards()[0].id, before->shards()[1].id);

  state.note_moved(3, address(2));
  const auto moved = state.topology();
  ASSERT_EQ(moved->shards()[0].master, address(2));
  EXPECT_EQ(moved->shards()[0].id, before->shards()[1].id);
  EXPECT_EQ(moved->shards()[1].id, before->shards()[0].id);

  state.end_refresh(one_slot(1, 3).moved(2, address(1)), SteadyTime{});
  const auto found = state.topology();
  EXPECT_EQ(found->shards()[1].id, before->shards()[0].id);
  EXPECT_NE(found->shards()[0].id, before->shards()[1].id) << "another's, though it is gone";
}

TEST(ClusterState, CountsAdviceByKind) {
  ClusterState state(kDistance, 0);

  state.count(ClusterRedirection::Kind::kMoved);
  state.count(ClusterRedirection::Kind::kMoved);
  state.count(ClusterRedirection::Kind::kAsk);
  state.count(ClusterRedirection::Kind::kTryAgain);
  state.count(ClusterRedirection::Kind::kDown);

  EXPECT_EQ(state.counts().moved, 2);
  EXPECT_EQ(state.counts().asked, 1);
  EXPECT_EQ(state.counts().tried_again, 1);
  EXPECT_EQ(state.counts().down, 1);
}

// What is known of the sources, and what was the version when it was said.
class SourceSpy final : public RedisSourceListener {
public:
  explicit SourceSpy(const ClusterState& state) : state_(state) {}

  void on_sources_changing() override { version_before = state_.version(); }
  void on_sources(const std::vector<RedisSource>& told_of) override {
    version_after = state_.version();
    sources = told_of;
  }

  [[nodiscard]] const RedisSource* at(std::uint16_t port) const {
    const auto found = std::find_if(sources.begin(), sources.end(), [&](const RedisSource& source) {
      return source.address == address(port);
    });
    return found == sources.end() ? nullptr : &*found;
  }

  std::optional<std::uint64_t> version_before;
  std::uint64_t version_after = 0;
  std::vector<RedisSource> sources;

private:
  const ClusterState& state_;
};

class ClusterStateSourcesTest : public ::testing::Test {
protected:
  static constexpr std::uint16_t kGreetingSlot = 7;

  ClusterStateSourcesTest() {
    state_.watch_sources(&spy_);
    state_.end_refresh(
        one_slot(5, 1).moved(kGreetingSlot, address(1)).moved(9, address(1)).moved(20, address(2)),
        kNow);
    spy_.version_before.reset();
  }
  ~ClusterStateSourcesTest() override { state_.watch_sources(nullptr); }

  static constexpr SteadyTime kNow{std::chrono::hours(1)};
  ClusterState state_{kDistance, kGreetingSlot};
  SourceSpy spy_{state_};
};

TEST_F(ClusterStateSourcesTest, AreTheMastersEachWithASlotThatItKeeps) {
  ASSERT_EQ(spy_.sources.size(), 2U);

  EXPECT_EQ(spy_.at(1)->kind, RedisSource::Kind::kShard);
  EXPECT_EQ(spy_.at(1)->slot, kGreetingSlot);
  EXPECT_TRUE(spy_.at(1)->keeps_greeting);
  EXPECT_EQ(spy_.at(2)->slot, 20);
  EXPECT_FALSE(spy_.at(2)->keeps_greeting);
}

TEST_F(ClusterStateSourcesTest, AreToldBeforeAnybodyCanLearnOfAnotherMaster) {
  const std::uint64_t version = state_.version();

  state_.note_moved(9, address(3));

  EXPECT_EQ(spy_.version_before, version);
  EXPECT_GT(spy_.version_after, version);
  EXPECT_EQ(spy_.at(3)->slot, 9);
}

TEST_F(ClusterStateSourcesTest, StayTheSameWhileSlotsMoveAmongThem) {
  state_.note_moved(9, address(2));

  EXPECT_FALSE(spy_.version_before.has_value());
  EXPECT_EQ(spy_.at(2)->slot, 20) << "what was chosen stays";
}

TEST_F(ClusterStateSourcesTest, KnowWhoHasTheKeyOfTheGreetingNow) {
  state_.note_moved(kGreetingSlot, address(2));

  EXPECT_FALSE(spy_.version_before.has_value());
  EXPECT_EQ(spy_.at(1)->slot, 9) << "its last one";
  EXPECT_FALSE(spy_.at(1)->keeps_greeting);
  EXPECT_EQ(spy_.at(2)->slot, kGreetingSlot);
  EXPECT_TRUE(spy_.at(2)->keeps_greeting);
}

TEST_F(ClusterStateSourcesTest, LoseAMasterWithItsLastSlot) {
  state_.note_moved(20, address(1));

  EXPECT_TRUE(spy_.version_before.has_value());
  EXPECT_EQ(spy_.sources.size(), 1U);
}

TEST_F(ClusterStateSourcesTest, TakeInANodeThatIsToBeAskedForASlotOnItsWay) {
  state_.note_asked(address(3), kNow);

  EXPECT_TRUE(spy_.version_before.has_value());
  EXPECT_EQ(spy_.at(3)->kind, RedisSource::Kind::kImporter);
  EXPECT_FALSE(spy_.at(3)->keeps_greeting);

  spy_.version_before.reset();
  state_.note_asked(address(3), kNow);
  state_.note_moved(9, address(3));
  EXPECT_FALSE(spy_.version_before.has_value()) << "it is one of them";
  EXPECT_EQ(spy_.at(3)->kind, RedisSource::Kind::kShard);
}

TEST_F(ClusterStateSourcesTest, AMasterThatIsToBeAskedStaysAMaster) {
  state_.note_asked(address(2), kNow);

  EXPECT_FALSE(spy_.version_before.has_value());
  EXPECT_EQ(spy_.at(2)->kind, RedisSource::Kind::kShard);
}

TEST_F(ClusterStateSourcesTest, LetGoOfANodeThatWasNotAskedForLong) {
  state_.note_asked(address(3), kNow);
  state_.note_asked(address(3), kNow + kDistance);

  state_.end_refresh(*state_.topology(), kNow + ClusterState::kSpareTime);
  EXPECT_NE(spy_.at(3), nullptr);
  state_.end_refresh(*state_.topology(), kNow + 2 * kDistance + ClusterState::kSpareTime);

  EXPECT_EQ(spy_.at(3), nullptr);
}

}  // namespace
}  // namespace refrain
