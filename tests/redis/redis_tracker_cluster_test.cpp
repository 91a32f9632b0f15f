// The tracker on a cluster, whose masters come and go.

#include "refrain/redis/client/cluster_slot.h"
#include "refrain/redis/redis_tracker.h"

#include "redis/cluster_tier.h"
#include "redis/documented_acl.h"
#include "redis/recording_change_listener.h"
#include "redis/redis_fixture.h"
#include "support/log_spy.h"
#include "support/manual_clock.h"
#include "support/redis_cluster.h"
#include "support/run.h"
#include "support/sample_entry.h"
#include "support/wait_until.h"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace refrain {
namespace {

using std::chrono::milliseconds;
using testing::kAmple;
using testing::RedisCluster;
using testing::RedisInstance;
using testing::run;
using testing::run_until;
using testing::sample_entry;
using testing::sample_key;

constexpr std::string_view kEpochKey = "refrain:1:text:epoch";

class RedisTrackerClusterTest : public ::testing::Test {
protected:
  void listen(const RedisCluster& cluster,
              RedisTracker::Scope scope = RedisTracker::Scope::kEntries) {
    listen(testing::cluster_options(cluster), scope);
    run_until(loop_, [this] { return listener_.is_up; });
  }

  void listen(const RedisCache::Options& options, RedisTracker::Scope scope) {
    instance_ = std::make_unique<RedisInstance>(options, clock_, loop_);
    RedisTracker::Options own;
    own.connection.endpoint = options.endpoint;
    own.connection.connect_budget = kAmple;
    own.connection.command_budget = budget_;
    own.connection.reconnect.longest = milliseconds(200);
    own.heartbeat = milliseconds(20);
    own.scope = scope;
    tracker_ = std::make_unique<RedisTracker>(own, instance_->cache(), loop_, listener_, log_);
    tracker_->start();
  }

  static std::string name_of(std::string_view key) {
    return "refrain:1:text:1:" + sample_key(key).to_hex();
  }

  /// A key that the master of number `node` keeps.
  static std::string key_at(const RedisCluster& cluster, std::size_t node) {
    for (int i = 0;; ++i) {
      std::string key = std::to_string(i);
      if (cluster.master_of(name_of(key)) == node) return key;
    }
  }

  /// Not every node may know yet who has taken the place of one that has died.
  static bool is_written(RedisCluster& cluster, const std::string& name) {
    try {
      return cluster.node(cluster.master_of(name)).command({"SET", name, "x"}).text() == "OK";
    } catch (const std::runtime_error&) {
      return false;
    }
  }

  /// Somebody writes `key`, and it is heard of.
  void expect_heard(RedisCluster& cluster, const std::string& key) {
    listener_.changed.clear();
    testing::wait_until("it is written", [&] { return is_written(cluster, name_of(key)); });
    run_until(loop_, [&] { return listener_.has(key); });
  }

  milliseconds budget_ = kAmple;
  testing::ManualClock clock_;
  testing::LogSpy log_;
  testing::RecordingChangeListener listener_;
  boost::asio::io_context loop_{1};
  std::unique_ptr<RedisInstance> instance_;
  std::unique_ptr<RedisTracker> tracker_;
};

TEST_F(RedisTrackerClusterTest, TellsOfChangesAtEveryMaster) {
  RedisCluster& cluster = RedisCluster::shared();
  listen(cluster);

  for (std::size_t node = 0; node < RedisCluster::kNodes; ++node) {
    const bool is_master = cluster.node(node).command({"ROLE"}).elements().at(0).text() == "master";
    if (is_master) expect_heard(cluster, key_at(cluster, node));
  }
}

TEST_F(RedisTrackerClusterTest, IsDownFromTheDeathOfAMasterUntilItsReplicaTells) {
  RedisCluster& cluster = RedisCluster::shared();
  listen(cluster);
  const std::string key = "a";

  const std::size_t killed = cluster.master_of(name_of(key));
  cluster.node(killed).kill();
  run_until(loop_, [this] { return !listener_.is_up; });
  EXPECT_FALSE(instance_->cache().stats().remote->tracking->is_up);
  run_until(loop_, [this] { return listener_.is_up; });

  cluster.wait_until_replaced(killed);  // one node may have told before the others know
  expect_heard(cluster, key);
}

TEST_F(RedisTrackerClusterTest, IsDownWhenAMasterGivesNoSignOfLife) {
  RedisCluster& cluster = RedisCluster::shared();
  budget_ = milliseconds(500);
  listen(cluster);
  testing::RedisServer& frozen = cluster.node(cluster.master_of(name_of("a")));

  frozen.freeze();
  run_until(loop_, [this] { return !listener_.is_up; });
  frozen.thaw();

  run_until(loop_, [this] { return listener_.is_up; });
}

TEST_F(RedisTrackerClusterTest, FollowsAMasterThatGivesItsPlaceUpWhileItLives) {
  RedisCluster& cluster = RedisCluster::shared();
  listen(cluster);
  const std::string key = "a";
  const std::size_t former = cluster.master_of(name_of(key));

  cluster.node(cluster.replica_of(name_of(key))).command({"CLUSTER", "FAILOVER"});
  run_until(loop_, [this] { return listener_.downs > 0; });
  EXPECT_EQ(cluster.node(former).command({"ROLE"}).elements().at(0).text(), "slave");
  run_until(loop_, [this] { return listener_.is_up; });

  expect_heard(cluster, key);
}

TEST_F(RedisTrackerClusterTest, StaysUpWhileASlotMovesAmongTheMasters) {
  RedisCluster& cluster = RedisCluster::shared();
  listen(cluster);
  const std::string key = "a";
  expect_heard(cluster, key);
  listener_.changed.clear();

  cluster.move_slot(cluster_slot(name_of(key)),
                    cluster.master_of(cluster.key_elsewhere(name_of(key))));
  run_until(loop_, [&] { return listener_.has(key); });
  expect_heard(cluster, key);
  static_cast<void>(run(loop_, instance_->cache().find(sample_key(key))));

  EXPECT_EQ(listener_.downs, 0);
}

TEST_F(RedisTrackerClusterTest, IsDownBeforeANodeIsAskedThatTakesItsFirstSlotIn) {
  RedisCluster cluster;
  listen(cluster);
  RedisCache& cache = instance_->cache();
  run(loop_, cache.insert(sample_entry(sample_key("a"), clock_.now()))).value();
  const std::size_t added = cluster.add_master();
  ASSERT_EQ(listener_.downs, 0);

  cluster.move_slot(cluster_slot(name_of("a")), added, [&] {
    EXPECT_TRUE(run(loop_, cache.find(sample_key("a"))).value().has_value());
    EXPECT_EQ(listener_.downs, 1) << "no later than the answer";
    run_until(loop_, [this] { return listener_.is_up; });
    // While the slot still belongs to the other one.
    listener_.changed.clear();
    run(loop_, cache.insert(sample_entry(sample_key("a"), clock_.now()))).value();
    run_until(loop_, [this] { return listener_.has("a"); });
  });

  EXPECT_TRUE(run(loop_, cache.find(sample_key("a"))).value().has_value());
  expect_heard(cluster, "a");
  EXPECT_EQ(listener_.downs, 1);
}

TEST_F(RedisTrackerClusterTest, IsDownBeforeANodeIsAskedThatHasTakenASlotUnheard) {
  RedisCluster cluster;
  listen(cluster);
  RedisCache& cache = instance_->cache();
  run(loop_, cache.insert(sample_entry(sample_key("a"), clock_.now()))).value();
  const std::size_t added = cluster.add_master();
  listener_.changed.clear();
  cluster.move_slot(cluster_slot(name_of("a")), added);
  run_until(loop_, [this] { return listener_.has("a"); });  // it has left

  const int downs = listener_.downs;
  EXPECT_TRUE(run(loop_, cache.find(sample_key("a"))).value().has_value());
  EXPECT_EQ(listener_.downs, downs + 1);
  run_until(loop_, [this] { return listener_.is_up; });

  expect_heard(cluster, "a");
}

TEST_F(RedisTrackerClusterTest, AdoptsTheEpochWhereverItsKeyIs) {
  RedisCluster& cluster = RedisCluster::shared();
  listen(cluster);
  const std::string epoch(kEpochKey);
  const auto raise = [&](std::size_t node) {
    const int before = listener_.epochs;
    ASSERT_GT(cluster.node(node).command({"INCRBY", epoch, "7"}).integer(), 0);
    run_until(loop_, [&, before] { return listener_.epochs > before; });
  };
  raise(cluster.master_of(epoch));
  EXPECT_EQ(instance_->epoch().value(), 7U);

  const std::size_t target = cluster.master_of(cluster.key_elsewhere(epoch));
  cluster.move_slot(cluster_slot(epoch), target);
  const int before = listener_.epochs;
  cluster.node(target).command({"INCRBY", epoch, "7"});
  run_until(loop_, [&] { return instance_->epoch().value() == 14U && listener_.epochs > before; });

  // A sign of life may have come too late for the slot that had gone.
  run_until(loop_, [this] { return listener_.is_up; });
}

TEST_F(RedisTrackerClusterTest, OfTheEpochAloneOnlyTheMasterTellsThatHasItsKey) {
  RedisCluster& cluster = RedisCluster::shared();
  listen(cluster, RedisTracker::Scope::kEpoch);
  const std::size_t home = cluster.master_of(kEpochKey);
  for (std::size_t node = 0; node < RedisCluster::kNodes; ++node) {
    const std::string clients = cluster.node(node).command({"CLIENT", "LIST"}).text();
    EXPECT_EQ(clients.find("flags=tB") != std::string::npos, node == home);
  }

  cluster.node(cluster.master_of(cluster.key_elsewhere(kEpochKey))).kill();
  cluster.node(home).command({"INCRBY", std::string(kEpochKey), "7"});
  run_until(loop_, [this] { return listener_.epochs > 0; });

  EXPECT_EQ(instance_->epoch().value(), 7U);
  EXPECT_EQ(listener_.downs, 0);
}

TEST_F(RedisTrackerClusterTest, FollowsTheEpochAloneToAnotherMaster) {
  RedisCluster& cluster = RedisCluster::shared();
  listen(cluster, RedisTracker::Scope::kEpoch);
  const std::string epoch(kEpochKey);
  cluster.node(cluster.master_of(epoch)).command({"INCRBY", epoch, "7"});
  run_until(loop_, [this] { return instance_->epoch().value() == 7U; });
  const std::size_t target = cluster.master_of(cluster.key_elsewhere(epoch));

  cluster.move_slot(cluster_slot(epoch), target);
  run_until(loop_, [&] {
    return cluster.node(target).command({"CLIENT", "LIST"}).text().find("flags=tB") !=
           std::string::npos;
  });
  cluster.node(target).command({"INCRBY", epoch, "7"});

  run_until(loop_, [this] { return instance_->epoch().value() == 14U; });
}

TEST_F(RedisTrackerClusterTest, NeedsNoMoreRightsThanAreDocumented) {
  RedisCluster& cluster = RedisCluster::shared();
  std::vector<std::string> acl = testing::documented_acl();
  acl.insert(acl.end(), {"+cluster|slots", "+asking"});
  for (std::size_t node = 0; node < RedisCluster::kNodes; ++node) {
    ASSERT_FALSE(cluster.node(node).command(acl).is_error());
    cluster.node(node).command({"ACL", "LOG", "RESET"});
  }
  RedisCache::Options options = testing::cluster_options(cluster);
  options.endpoint.user = "refrain";
  options.endpoint.password = "password";

  listen(options, RedisTracker::Scope::kEntries);
  run_until(loop_, [this] { return listener_.is_up; });
  expect_heard(cluster, "a");
  cluster.node(cluster.master_of(kEpochKey)).command({"INCRBY", std::string(kEpochKey), "7"});
  run_until(loop_, [this] { return listener_.epochs > 0; });

  EXPECT_EQ(log_.count(LogLevel::kWarning), 0U);
  for (std::size_t node = 0; node < RedisCluster::kNodes; ++node) {
    EXPECT_TRUE(testing::is_nobody_refused(cluster.node(node)));
    cluster.node(node).command({"ACL", "DELUSER", "refrain"});
  }
}

}  // namespace
}  // namespace refrain
