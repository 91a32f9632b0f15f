#include "refrain/redis/client/cluster_state.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>

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
  const ClusterState state(kDistance);

  EXPECT_TRUE(state.topology()->is_empty());
  EXPECT_FALSE(state.refreshed().has_value());
}

TEST(ClusterState, LetsOneAskAtATime) {
  ClusterState state(kDistance);
  const SteadyTime now{std::chrono::hours(1)};

  EXPECT_TRUE(state.begin_refresh(now));
  EXPECT_FALSE(state.begin_refresh(now + 10 * kDistance));
  state.end_refresh(std::nullopt, now + 10 * kDistance);

  EXPECT_TRUE(state.begin_refresh(now + 10 * kDistance));
}

TEST(ClusterState, KeepsADistanceBetweenQuestions) {
  ClusterState state(kDistance);
  const SteadyTime now{std::chrono::hours(1)};
  EXPECT_TRUE(state.begin_refresh(now));
  state.end_refresh(one_slot(1, 1), now);

  EXPECT_FALSE(state.begin_refresh(now + kDistance - std::chrono::milliseconds(1)));
  EXPECT_TRUE(state.begin_refresh(now + kDistance));
}

TEST(ClusterState, TakesWhatWasFound) {
  ClusterState state(kDistance);
  const SteadyTime now{std::chrono::hours(1)};
  const std::uint64_t before = state.version();

  state.end_refresh(one_slot(7, 1), now);

  EXPECT_GT(state.version(), before);
  EXPECT_EQ(state.refreshed(), now);
  EXPECT_EQ(*state.topology(), one_slot(7, 1));
}

TEST(ClusterState, StaysAsItIsWhenNothingNewWasFound) {
  ClusterState state(kDistance);
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
  ClusterState state(kDistance);
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
  ClusterState state(kDistance);
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
  ClusterState state(kDistance);

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

}  // namespace
}  // namespace refrain
