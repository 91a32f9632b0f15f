#include "refrain/redis/client/cluster_topology.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace refrain {
namespace {

RespValue node(const std::string& host, std::int64_t port) {
  return RespValue::array_of({RespValue::text_of(RespType::kBulkString, host),
                              RespValue::integer_of(port),
                              RespValue::text_of(RespType::kBulkString, "an id"),
                              RespValue::array_of({})});
}

RespValue range(std::int64_t first, std::int64_t last, const std::vector<RespValue>& nodes) {
  std::vector<RespValue> parts = {RespValue::integer_of(first), RespValue::integer_of(last)};
  parts.insert(parts.end(), nodes.begin(), nodes.end());
  return RespValue::array_of(std::move(parts));
}

RespValue three_shards() {
  return RespValue::array_of({
      range(10'000, 16'383, {node("c", 3), node("c2", 33)}),
      range(0, 4999, {node("a", 1), node("a2", 11), node("a3", 111)}),
      range(5001, 9999, {node("b", 2)}),
      range(5000, 5000, {node("a", 1), node("a2", 11), node("a3", 111)}),
  });
}

Result<ClusterTopology> parse(const std::vector<RespValue>& ranges) {
  return ClusterTopology::parse(RespValue::array_of(ranges), "asked");
}

RedisAddress address(const std::string& host, std::uint16_t port) {
  RedisAddress address;
  address.host = host;
  address.port = port;
  return address;
}

TEST(ClusterTopology, KnowsTheShardOfEachSlot) {
  const ClusterTopology topology = ClusterTopology::parse(three_shards(), "asked").value();

  ASSERT_EQ(topology.shards().size(), 3U);
  EXPECT_EQ(topology.shard_of(0), 0U);
  EXPECT_EQ(topology.shard_of(5000), 0U);
  EXPECT_EQ(topology.shard_of(5001), 1U);
  EXPECT_EQ(topology.shard_of(9999), 1U);
  EXPECT_EQ(topology.shard_of(10'000), 2U);
  EXPECT_EQ(topology.shard_of(16'383), 2U);
}

TEST(ClusterTopology, KnowsMastersReplicasAndHowManySlotsTheyHave) {
  const ClusterTopology topology = ClusterTopology::parse(three_shards(), "asked").value();

  EXPECT_EQ(topology.shards()[0].master, address("a", 1));
  EXPECT_EQ(topology.shards()[0].replicas,
            (std::vector<RedisAddress>{address("a2", 11), address("a3", 111)}));
  EXPECT_EQ(topology.shards()[0].slots, 5001U);
  EXPECT_EQ(topology.shards()[1].slots, 4999U);
  EXPECT_EQ(topology.shards()[2].slots, 6384U);
}

TEST(ClusterTopology, HasSlotsWithoutAShard) {
  const ClusterTopology topology = parse({range(7, 7, {node("a", 1)})}).value();

  EXPECT_FALSE(topology.shard_of(6).has_value());
  EXPECT_EQ(topology.shard_of(7), 0U);
  EXPECT_FALSE(topology.shard_of(8).has_value());
  EXPECT_FALSE(ClusterTopology().shard_of(0).has_value());
}

TEST(ClusterTopology, TakesAnEmptyHostForTheOneThatWasAsked) {
  const ClusterTopology topology = parse({range(0, 16'383, {node("", 1)})}).value();

  EXPECT_EQ(topology.shards()[0].master, address("asked", 1));
}

TEST(ClusterTopology, LeavesOutNodesWhoseHostNobodyKnows) {
  const ClusterTopology topology =
      parse({range(0, 9, {node("?", 1)}), range(10, 19, {node("a", 1), node("?", 2)})}).value();

  EXPECT_FALSE(topology.shard_of(0).has_value());
  ASSERT_EQ(topology.shard_of(10), 0U);
  EXPECT_TRUE(topology.shards()[0].replicas.empty());
}

TEST(ClusterTopology, KeepsAShardsNumberWhenItsMasterChanges) {
  const ClusterTopology before = ClusterTopology::parse(three_shards(), "asked").value();
  const ClusterTopology after = parse({range(5001, 9999, {node("z", 9)}),
                                       range(0, 5000, {node("a2", 11)}),
                                       range(10'000, 16'383, {node("c", 3)})})
                                    .value();

  for (const std::uint16_t slot : std::initializer_list<std::uint16_t>{0, 5001, 16'383})
    EXPECT_EQ(before.shard_of(slot), after.shard_of(slot)) << slot;
}

TEST(ClusterTopology, MovesOneSlotToAnotherMaster) {
  const ClusterTopology before = ClusterTopology::parse(three_shards(), "asked").value();

  const ClusterTopology after = before.moved(100, address("b", 2));

  EXPECT_EQ(after.shard_of(100), after.shard_of(9999));
  EXPECT_EQ(after.shard_of(99), after.shard_of(101));
  EXPECT_NE(after.shard_of(99), after.shard_of(100));
  const std::size_t number = after.shard_of(100).value();
  EXPECT_EQ(after.shards()[number].slots, 5000U);
  EXPECT_EQ(after.shards()[after.shard_of(99).value()].slots, 5000U);
  EXPECT_EQ(before.shard_of(100), 0U) << "a topology is a value";
}

TEST(ClusterTopology, MovesASlotToAMasterThatHadNone) {
  const ClusterTopology before = ClusterTopology::parse(three_shards(), "asked").value();

  const ClusterTopology after = before.moved(16'383, address("new", 4));

  ASSERT_EQ(after.shards().size(), 4U);
  EXPECT_EQ(after.shards()[after.shard_of(16'383).value()].master, address("new", 4));
}

TEST(ClusterTopology, KeepsAMasterThatHasLostItsLastSlotAsTheLast) {
  const ClusterTopology topology =
      parse({range(0, 0, {node("a", 1)}), range(1, 16'383, {node("b", 2)})}).value();

  const ClusterTopology after = topology.moved(0, address("b", 2));

  EXPECT_EQ(after.shard_of(0), 0U);
  EXPECT_EQ(after.shard_of(1), 0U);
  EXPECT_EQ(after.shards()[0].slots, 16'384U);
  EXPECT_EQ(after.shards()[1].slots, 0U);
}

TEST(ClusterTopology, IsNotMadeFromAnythingElse) {
  const auto code_of = [](const RespValue& reply) {
    const auto parsed = ClusterTopology::parse(reply, "asked");
    return parsed ? ErrorCode::kInternal : parsed.error().code();
  };

  EXPECT_EQ(code_of(RespValue::text_of(RespType::kError, "ERR disabled")), ErrorCode::kCorrupt);
  EXPECT_EQ(code_of(RespValue::array_of({})), ErrorCode::kUnavailable);
  EXPECT_EQ(code_of(RespValue::array_of({RespValue::integer_of(1)})), ErrorCode::kCorrupt);
  for (const auto& [first, last] :
       {std::pair(-1, 5), std::pair(5, 4), std::pair(0, 16'384), std::pair(16'384, 16'384)})
    EXPECT_EQ(code_of(RespValue::array_of({range(first, last, {node("a", 1)})})),
              ErrorCode::kCorrupt);
  EXPECT_EQ(code_of(RespValue::array_of({range(0, 1, {})})), ErrorCode::kCorrupt);
  EXPECT_EQ(code_of(RespValue::array_of({range(0, 1, {node("a", 0)})})), ErrorCode::kUnavailable);
  EXPECT_EQ(code_of(RespValue::array_of({range(0, 1, {node("a", 65'536)})})),
            ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace refrain
