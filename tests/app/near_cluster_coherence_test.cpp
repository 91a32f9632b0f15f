// Two instances of a cache with memory in front, a Redis Cluster, and what one sees of the other.

#include "refrain/redis/client/cluster_slot.h"

#include "app/near_instance.h"
#include "app/version_watch.h"
#include "support/redis_cluster.h"
#include "support/sample_entry.h"
#include "support/wait_until.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace refrain::app {
namespace {

using std::chrono::milliseconds;
using testing::NearInstance;
using testing::RedisCluster;
using testing::RedisServer;
using testing::sample_key;
using testing::VersionWatch;
using testing::wait_until;

// How long a reply is waited for: of commands, and of signs of life.
constexpr milliseconds kBudget{500};

// After which nothing older may be answered: the heartbeat and a budget, and what a busy machine
// adds.
constexpr milliseconds kBound{250 + 500 + 1250};

Settings settings_of(const RedisCluster& cluster) {
  Settings settings = testing::near_settings("redis://127.0.0.1");
  settings.redis_mode = "cluster";
  for (const RedisAddress& address : cluster.addresses())
    settings.redis_nodes += (settings.redis_nodes.empty() ? "" : ",") + address.describe();
  return settings;
}

/// With budgets that end while a node is away.
Settings brisk_settings_of(const RedisCluster& cluster) {
  Settings settings = settings_of(cluster);
  settings.redis_budget = kBudget;
  settings.redis_soft_budget = kBudget;
  settings.redis_connect_budget = milliseconds(2000);
  settings.redis_lease_after = milliseconds(0);
  return settings;
}

/// The cluster's masters that are used, by their count of slots, as an instance sees them.
void wait_until_whole(NearInstance& instance) {
  wait_until("every shard is used", [&] {
    const TierStats stats = instance.redis().stats();
    std::size_t used = 0;
    for (const ShardStats& shard : stats.remote->shards)
      used += shard.is_available ? 1 : 0;
    return used >= RedisCluster::kMasters && used == stats.remote->shards.size();
  });
  instance.wait_until_ready();
}

std::string name_of(NearInstance& instance, CacheKey key) {
  return instance.redis().key_name(instance.cache().epoch(), key);
}

/// A key for each of the masters, and some more.
std::vector<CacheKey> some_keys() {
  constexpr int kKeys = 9;
  std::vector<CacheKey> keys;
  keys.reserve(kKeys);
  for (int i = 0; i < kKeys; ++i)
    keys.push_back(sample_key("key " + std::to_string(i)));
  return keys;
}

TEST(NearClusterCoherence, AChangeIsSeenByTheOtherWhicheverMasterKeepsTheKey) {
  const RedisCluster& cluster = RedisCluster::shared();
  NearInstance writer(settings_of(cluster), 1);
  NearInstance reader(settings_of(cluster), 2);
  wait_until_whole(writer);
  wait_until_whole(reader);
  std::int64_t heard = reader.tracking().changes;
  const auto wait_until_heard = [&] {
    wait_until("the instance has heard of it", [&] { return reader.tracking().changes > heard; });
    heard = reader.tracking().changes;
  };

  for (const CacheKey key : some_keys()) {
    ASSERT_TRUE(writer.put(key, R"("old")"));
    wait_until_heard();
    EXPECT_EQ(reader.get(key, 1), R"("old")");
    EXPECT_EQ(reader.tier_of(key), "memory");

    ASSERT_TRUE(writer.put(key, R"("new")"));
    wait_until_heard();
    EXPECT_EQ(reader.tier_of(key), "redis");
    EXPECT_EQ(reader.get(key, 1), R"("new")");

    ASSERT_EQ(writer.run(writer.cache().erase(key)).value(), EraseOutcome::kErased);
    wait_until_heard();
    EXPECT_EQ(reader.get(key), "");
  }
  EXPECT_EQ(reader.tracking().losses, 0);
}

TEST(NearClusterCoherence, AClearIsSeenByTheOtherWithoutAJanitor) {
  const RedisCluster& cluster = RedisCluster::shared();
  for (const char* order : {"near", "redis"}) {
    Settings settings = settings_of(cluster);
    settings.text_order = order;
    NearInstance writer(settings, 1);
    NearInstance reader(settings, 1);
    wait_until_whole(writer);
    wait_until_whole(reader);
    const std::uint64_t before = reader.cache().epoch();
    for (const CacheKey key : some_keys()) {
      ASSERT_TRUE(writer.put(key, "{}"));
      ASSERT_EQ(reader.get(key), "{}");
    }

    ASSERT_TRUE(writer.run(writer.cache().clear()).has_value());
    wait_until("the instance has heard of it", [&] { return reader.cache().epoch() > before; });

    for (const CacheKey key : some_keys())
      EXPECT_EQ(reader.get(key), "");
  }
}

TEST(NearClusterCoherence, AnInstanceThatKnowsAnOlderTopologyStillSeesWhatIsWritten) {
  RedisCluster cluster;
  NearInstance writer(settings_of(cluster), 1);
  NearInstance reader(settings_of(cluster), 1);
  wait_until_whole(writer);
  wait_until_whole(reader);
  const CacheKey key = sample_key("a");
  ASSERT_TRUE(writer.put(key, R"("old")"));
  wait_until("the instance has heard of it", [&] { return reader.tracking().changes == 1; });
  ASSERT_EQ(reader.get(key), R"("old")");
  ASSERT_EQ(reader.tier_of(key), "memory");

  // Nobody asks the reader for the key, so that it has no reason to look at the cluster again.
  const std::size_t added = cluster.add_master();
  cluster.move_slot(cluster_slot(name_of(writer, key)), added);
  ASSERT_TRUE(writer.put(key, R"("new")"));
  wait_until("the instance has heard that it has left",
             [&] { return reader.tracking().changes >= 2; });
  EXPECT_EQ(reader.get(key), R"("new")");
  wait_until_whole(reader);
  ASSERT_EQ(reader.get(key), R"("new")");
  ASSERT_EQ(reader.tier_of(key), "memory");

  const std::int64_t heard = reader.tracking().changes;
  ASSERT_TRUE(writer.put(key, R"("newer")"));
  wait_until("the instance has heard of it", [&] { return reader.tracking().changes > heard; });
  EXPECT_EQ(reader.get(key), R"("newer")");
}

TEST(NearClusterCoherence, NothingOldIsAnsweredWhileSlotsMoveAndAMasterJoins) {
  RedisCluster cluster;
  NearInstance writer(brisk_settings_of(cluster), 1);
  NearInstance reader(brisk_settings_of(cluster), 2);
  wait_until_whole(writer);
  wait_until_whole(reader);
  const std::vector<CacheKey> keys = some_keys();
  VersionWatch watch(writer, reader, keys, kBound);
  watch.wait_for_near_hits(200);
  const std::size_t added = cluster.add_master();

  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::string name = name_of(writer, keys[i]);
    const std::size_t target =
        i % 2 == 0 ? added : cluster.master_of(cluster.key_elsewhere(name, static_cast<int>(i)));
    cluster.move_slot(cluster_slot(name), target, [&] { watch.wait_for_reads(300); });
    watch.wait_for_writes(50);
  }
  watch.wait_for_bound();
  watch.wait_for_near_hits(200);
  watch.end();

  EXPECT_EQ(watch.outdated(), 0) << watch.example();
  EXPECT_GE(reader.tracking().losses, 1) << "when the new one was met with";
}

TEST(NearClusterCoherence, NothingOldIsAnsweredWhenAMasterDies) {
  RedisCluster& cluster = RedisCluster::shared();
  NearInstance writer(brisk_settings_of(cluster), 1);
  NearInstance reader(brisk_settings_of(cluster), 2);
  wait_until_whole(writer);
  wait_until_whole(reader);
  const std::vector<CacheKey> keys = some_keys();
  VersionWatch watch(writer, reader, keys, kBound);
  watch.wait_for_near_hits(200);
  RedisServer& master = cluster.node(cluster.master_of(name_of(writer, keys[0])));

  // What a replica has not heard of yet is lost with its master, whatever a client does.
  watch.pause();
  testing::wait_until_replicated(master);
  master.kill();
  watch.resume();
  wait_until("it is noticed", [&] { return reader.tracking().losses > 0; });
  wait_until_whole(reader);
  watch.wait_for_writes(200);
  watch.wait_for_bound();
  watch.wait_for_near_hits(200);
  watch.end();

  EXPECT_EQ(watch.outdated(), 0) << watch.example();
}

TEST(NearClusterCoherence, NothingOldIsAnsweredWhenAMasterIsReplacedWhileItIsFrozen) {
  RedisCluster cluster;
  NearInstance writer(brisk_settings_of(cluster), 1);
  NearInstance reader(brisk_settings_of(cluster), 2);
  wait_until_whole(writer);
  wait_until_whole(reader);
  const std::vector<CacheKey> keys = some_keys();
  VersionWatch watch(writer, reader, keys, kBound);
  watch.wait_for_near_hits(200);
  const std::string name = name_of(writer, keys[0]);
  RedisServer& master = cluster.node(cluster.master_of(name));
  const RedisServer& replica = cluster.node(cluster.replica_of(name));

  watch.pause();
  testing::wait_until_replicated(master);
  master.freeze();
  watch.resume();
  wait_until("its replica takes its place",
             [&] { return replica.command({"ROLE"}).elements().at(0).text() == "master"; });
  wait_until_whole(reader);
  watch.wait_for_writes(200);
  master.thaw();
  watch.wait_for_bound();
  watch.wait_for_near_hits(200);
  watch.end();

  EXPECT_EQ(watch.outdated(), 0) << watch.example();
  EXPECT_GE(reader.tracking().losses, 1);
}

TEST(NearClusterCoherence, NothingOldIsAnsweredWhenAMasterGivesItsPlaceUp) {
  RedisCluster& cluster = RedisCluster::shared();
  NearInstance writer(brisk_settings_of(cluster), 1);
  NearInstance reader(brisk_settings_of(cluster), 2);
  wait_until_whole(writer);
  wait_until_whole(reader);
  const std::vector<CacheKey> keys = some_keys();
  VersionWatch watch(writer, reader, keys, kBound);

  for (std::size_t i = 0; i < 3; ++i) {
    watch.wait_for_near_hits(100);
    const std::int64_t losses = reader.tracking().losses;
    const std::string name = name_of(writer, keys[i]);
    // Not every node may know yet who has taken whose place before.
    wait_until("a replica is to take over", [&] {
      return cluster.node(cluster.replica_of(name)).command({"CLUSTER", "FAILOVER"}).text() == "OK";
    });
    wait_until("it is noticed", [&] { return reader.tracking().losses > losses; });
    wait_until_whole(reader);
  }
  watch.wait_for_bound();
  watch.wait_for_near_hits(100);
  watch.end();

  EXPECT_EQ(watch.outdated(), 0) << watch.example();
}

}  // namespace
}  // namespace refrain::app
