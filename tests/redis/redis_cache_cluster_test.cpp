#include "refrain/redis/client/cluster_slot.h"
#include "refrain/redis/redis_cache.h"

#include "contract/tier_contract.h"
#include "redis/cluster_tier.h"
#include "redis/redis_fixture.h"
#include "support/manual_clock.h"
#include "support/redis_cluster.h"
#include "support/run.h"
#include "support/sample_entry.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace refrain {

namespace testing {

/// On a cluster, whose keys lie on three servers.
class RedisClusterTraits {
public:
  RedisClusterTraits(ManualClock& clock, boost::asio::io_context& loop)
      : clock_(clock),
        loop_(loop) {
    reopen();
  }

  Tier& tier() { return instance_->cache(); }

  void reopen() {
    instance_.reset();
    instance_ = std::make_unique<RedisInstance>(cluster_options(cluster_), clock_, loop_);
    run_until(loop_, [this] { return is_whole(instance_->cache()); });
  }

  static constexpr bool kPersists = true;
  static constexpr bool kFollowsClock = false;
  static constexpr bool kAnswersNow = false;
  static constexpr bool kCountsReplaced = true;
  static constexpr int kMaxSweeps = 1;

private:
  ManualClock& clock_;
  boost::asio::io_context& loop_;
  RedisCluster& cluster_ = RedisCluster::shared();
  std::unique_ptr<RedisInstance> instance_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(RedisCluster, TierContract, RedisClusterTraits);
INSTANTIATE_TYPED_TEST_SUITE_P(RedisCluster, PersistentTierContract, RedisClusterTraits);
// Redis expires keys by its own clock.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ClockedTierContract);

}  // namespace testing

namespace {

using testing::cluster_options;
using testing::is_whole;
using testing::RedisCluster;
using testing::RedisInstance;
using testing::run;
using testing::run_until;
using testing::sample_entry;
using testing::sample_key;

const std::string kEpochKey =
    "refrain:1:text:epoch";  // NOLINT(bugprone-throwing-static-initialization)

class RedisCacheClusterTest : public ::testing::Test {
protected:
  RedisCache& whole(RedisInstance& instance) {
    run_until(loop_, [&] { return is_whole(instance.cache()); });
    return instance.cache();
  }

  bool has(RedisCache& cache, std::string_view key) {
    const std::optional<Entry> found = run(loop_, cache.find(sample_key(key))).value();
    return found && !found->is_erasure();
  }
  /// Many callers that ask for the same.
  void find_at_once(RedisCache& cache, std::string_view key, int callers) {
    int done = 0;
    const auto on_done = [&done](const std::exception_ptr& /*failure*/,
                                 const Result<std::optional<Entry>>& /*found*/) {
      ++done;
    };
    for (int i = 0; i < callers; ++i)
      boost::asio::co_spawn(loop_, cache.find(sample_key(key)), on_done);
    run_until(loop_, [&] { return done == callers; });
  }
  void insert(RedisCache& cache, std::string_view key) {
    const auto outcome = run(loop_, cache.insert(sample_entry(sample_key(key), clock_.now())));
    ASSERT_EQ(outcome.value(), InsertOutcome::kStored);
  }
  Result<void> clear(RedisInstance& instance) {
    const std::uint64_t next = instance.epoch().value() + 1;
    instance.epoch().adopt(next);
    return run(loop_, instance.cache().clear(next));
  }

  std::size_t master_of(RedisInstance& instance, const std::string& key) {
    const std::uint64_t epoch = instance.epoch().value();
    return cluster_.master_of(instance.cache().key_name(epoch, sample_key(key)));
  }

  /// One on the epoch's shard, without which nothing is certain, and one on another.
  std::pair<std::string, std::string> keys_on_and_off_the_epochs_shard(RedisInstance& instance) {
    const std::size_t epochs_master = cluster_.master_of(kEpochKey);
    int number = 0;
    while (master_of(instance, std::to_string(number)) != epochs_master)
      ++number;
    std::string on = std::to_string(number);
    while (master_of(instance, std::to_string(number)) == epochs_master)
      ++number;
    return {std::move(on), std::to_string(number)};
  }

  testing::ManualClock clock_;
  boost::asio::io_context loop_{1};
  RedisCluster& cluster_ = RedisCluster::shared();
};

TEST_F(RedisCacheClusterTest, SpreadsItsEntriesOverTheShardsAndSaysWhichThereAre) {
  RedisInstance instance(cluster_options(cluster_), clock_, loop_);
  RedisCache& cache = whole(instance);

  for (int i = 0; i < 100; ++i)
    insert(cache, std::to_string(i));

  std::size_t shards_used = 0;
  for (std::size_t i = 0; i < RedisCluster::kNodes; ++i) {
    const bool is_master = cluster_.node(i).command({"ROLE"}).elements().at(0).text() == "master";
    const bool has_keys = cluster_.node(i).command({"DBSIZE"}).integer() > 10;
    shards_used += is_master && has_keys ? 1 : 0;
  }
  EXPECT_EQ(shards_used, RedisCluster::kMasters);
  const TierStats stats = cache.stats();
  EXPECT_EQ(stats.remote->mode, "cluster");
  std::int64_t slots = 0;
  for (const ShardStats& shard : stats.remote->shards)
    slots += shard.slots;
  EXPECT_EQ(slots, 16'384);
}

TEST_F(RedisCacheClusterTest, AFrozenShardsKeysAreMissesAtOnceAndTheOthersAreServed) {
  RedisCache::Options options = cluster_options(cluster_);
  options.command_budget = std::chrono::milliseconds(1000);
  RedisInstance instance(options, clock_, loop_);
  RedisCache& cache = whole(instance);
  const auto [served, frozen] = keys_on_and_off_the_epochs_shard(instance);
  insert(cache, served);
  insert(cache, frozen);
  testing::RedisServer& shard = cluster_.node(master_of(instance, frozen));

  shard.freeze();
  EXPECT_EQ(run(loop_, cache.find(sample_key(frozen))).error().code(), ErrorCode::kTimeout);

  EXPECT_TRUE(cache.is_available());
  const std::int64_t errors = cache.stats().errors;
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(has(cache, frozen));
    EXPECT_TRUE(has(cache, served));
  }
  const auto outcome = run(loop_, cache.insert(sample_entry(sample_key(frozen), clock_.now())));
  EXPECT_EQ(outcome.value(), InsertOutcome::kDeferred);
  EXPECT_EQ(cache.stats().errors, errors) << "nothing was sent to the frozen one";
  EXPECT_EQ(cache.stats().remote->state, "closed");

  // While its shard is away an erasure is remembered, and only that shard waits for it.
  EXPECT_TRUE(run(loop_, cache.erase(sample_key(frozen))).value()) << "what was deferred";
  EXPECT_TRUE(cache.is_available());
  EXPECT_TRUE(has(cache, served));
  // It is used as soon as it is connected: the clock stands still.
  shard.thaw();
  whole(instance);
  run(loop_, cache.sweep());
  EXPECT_EQ(cache.stats().remote->recovery.erasures_waiting, 0);
  EXPECT_FALSE(has(cache, frozen));
  insert(cache, frozen);
  EXPECT_TRUE(has(cache, frozen));
  EXPECT_TRUE(has(cache, served));
}

TEST_F(RedisCacheClusterTest, AShardThatRefusesReadsOpensItsBreakerAndTheOthersAreServed) {
  RedisInstance instance(cluster_options(cluster_), clock_, loop_);
  RedisCache& cache = whole(instance);
  const auto master_of = [&](const std::string& key) {
    return cluster_.master_of(cache.key_name(instance.epoch().value(), sample_key(key)));
  };
  const std::string refused = "0";
  int number = 1;
  while (master_of(std::to_string(number)) == master_of(refused))
    ++number;
  const std::string served = std::to_string(number);
  insert(cache, refused);
  insert(cache, served);
  const testing::RedisServer& shard = cluster_.node(master_of(refused));

  shard.command({"ACL", "SETUSER", "default", "-getrange"});
  for (int i = 0; i < 10; ++i)
    static_cast<void>(run(loop_, cache.find(sample_key(refused))));
  shard.command({"ACL", "SETUSER", "default", "+@all"});

  EXPECT_EQ(cache.stats().errors, 3) << "an open breaker asks nobody";
  EXPECT_EQ(cache.stats().remote->state, "open");
  EXPECT_TRUE(cache.is_available());
  EXPECT_FALSE(has(cache, refused));
  EXPECT_TRUE(has(cache, served));
  const std::string address = "127.0.0.1:" + std::to_string(shard.tcp_endpoint().port);
  const TierStats stats = cache.stats();
  EXPECT_EQ(stats.breakers.size(), RedisCluster::kMasters);
  for (const BreakerStats& breaker : stats.breakers)
    EXPECT_EQ(breaker.stays.at(1).entered, breaker.name == address ? 1 : 0) << breaker.name;
}

TEST_F(RedisCacheClusterTest, AsksAPromotedReplicaAsSoonAsItIsConnected) {
  RedisInstance instance(cluster_options(cluster_), clock_, loop_);
  RedisCache& cache = whole(instance);
  const std::string name = cache.key_name(instance.epoch().value(), sample_key("a"));
  const std::size_t master = cluster_.master_of(name);
  insert(cache, "a");

  cluster_.node(master).kill();
  // Whoever asks meanwhile opens no breaker: the clock stands still, and none would close.
  run_until(loop_, [&] {
    find_at_once(cache, "a", 10);
    return cluster_.master_of(name) != master && is_whole(cache);
  });

  EXPECT_EQ(cache.stats().remote->state, "closed");
  insert(cache, "a");
  EXPECT_TRUE(has(cache, "a"));
}

TEST_F(RedisCacheClusterTest, ABreakerKeepsItsNameHoweverSlotsAreMoved) {
  RedisInstance instance(cluster_options(cluster_), clock_, loop_);
  RedisCache& cache = whole(instance);
  const auto names = [&cache] {
    std::set<std::string> all;
    const TierStats stats = cache.stats();
    for (const BreakerStats& breaker : stats.breakers)
      all.insert(breaker.name);
    return all;
  };
  const auto first_shard = [&cache] {
    return cache.stats().remote->shards.at(0).address;
  };
  const std::string first = first_shard();
  const std::set<std::string> before = names();
  ASSERT_EQ(before.size(), RedisCluster::kMasters);
  EXPECT_TRUE(before.contains(first));

  // The slot that puts its master first among the shards.
  int number = 0;
  while (cluster_slot(std::to_string(number)) != 0)
    ++number;
  const std::string key = std::to_string(number);
  cluster_.move_slot(0, cluster_.master_of(cluster_.key_elsewhere(key)));
  run_until(loop_, [&] {
    RedisCommand command({"GET", key});
    static_cast<void>(run(loop_, cache.execute(std::move(command))));
    return first_shard() != first;
  });

  EXPECT_EQ(names(), before);
}

TEST_F(RedisCacheClusterTest, WhatWaitsForAShardThatIsAwayHoldsUpNoOtherAndFindsItWell) {
  RedisCache::Options options = cluster_options(cluster_);
  options.command_budget = std::chrono::milliseconds(1000);
  RedisInstance instance(options, clock_, loop_);
  RedisCache& cache = whole(instance);
  const auto [served, frozen] = keys_on_and_off_the_epochs_shard(instance);
  testing::RedisServer& shard = cluster_.node(master_of(instance, frozen));
  const auto recovery = [&cache] {
    return cache.stats().remote.value().recovery;
  };
  // The oldest belongs to the shard that will be away.
  cache.insert_later(sample_entry(sample_key(frozen), clock_.now()));
  cache.insert_later(sample_entry(sample_key(served), clock_.now()));
  shard.freeze();
  EXPECT_EQ(run(loop_, cache.find(sample_key(frozen))).error().code(), ErrorCode::kTimeout);

  run_until(loop_, [&] {
    clock_.advance(std::chrono::milliseconds(10));
    run(loop_, cache.sweep());
    return recovery().replayed == 1;
  });

  EXPECT_EQ(recovery().waiting, 1);
  EXPECT_EQ(recovery().dropped, 0);
  EXPECT_TRUE(has(cache, served));
  shard.thaw();
  // No request comes: the sweep itself finds out.
  run_until(loop_, [&] {
    clock_.advance(std::chrono::seconds(1));
    run(loop_, cache.sweep());
    return recovery().waiting == 0;
  });
  EXPECT_EQ(recovery().replayed, 2);
  EXPECT_EQ(cache.stats().remote->state, "closed");
  EXPECT_TRUE(has(cache, frozen));
}

TEST_F(RedisCacheClusterTest, AClearIsSeenByAnotherInstanceOnEveryShard) {
  RedisInstance one(cluster_options(cluster_), clock_, loop_);
  RedisInstance other(cluster_options(cluster_), clock_, loop_);
  whole(one);
  whole(other);
  for (int i = 0; i < 30; ++i)
    insert(one.cache(), std::to_string(i));

  EXPECT_TRUE(clear(one).has_value());
  run(loop_, other.cache().sweep());

  EXPECT_EQ(other.epoch().value(), one.epoch().value());
  for (int i = 0; i < 30; ++i) {
    EXPECT_FALSE(has(one.cache(), std::to_string(i)));
    EXPECT_FALSE(has(other.cache(), std::to_string(i)));
  }
}

TEST_F(RedisCacheClusterTest, AnEpochThatItsShardHasLostIsBroughtBackByAllTogether) {
  RedisInstance one(cluster_options(cluster_), clock_, loop_);
  RedisInstance other(cluster_options(cluster_), clock_, loop_);
  whole(one);
  whole(other);
  EXPECT_TRUE(clear(one).has_value());
  run(loop_, other.cache().sweep());
  const std::uint64_t epoch = one.epoch().value();

  cluster_.node(cluster_.master_of(kEpochKey)).command({"DEL", kEpochKey});
  int swept = 0;
  const auto on_done = [&](const std::exception_ptr& /*failure*/) {
    ++swept;
  };
  boost::asio::co_spawn(loop_, one.cache().sweep(), on_done);
  boost::asio::co_spawn(loop_, other.cache().sweep(), on_done);
  run_until(loop_, [&] { return swept == 2; });

  EXPECT_EQ(cluster_.node(cluster_.master_of(kEpochKey)).command({"GET", kEpochKey}).text(),
            std::to_string(epoch));
  EXPECT_EQ(one.epoch().value(), epoch);
  EXPECT_EQ(other.epoch().value(), epoch);
}

TEST_F(RedisCacheClusterTest, KnowsTheEpochBeforeItIsAvailable) {
  cluster_.node(cluster_.master_of(kEpochKey)).command({"SET", kEpochKey, "41"});
  RedisInstance instance(cluster_options(cluster_), clock_, loop_);

  run_until(loop_, [&] { return instance.cache().is_available(); });

  EXPECT_EQ(instance.epoch().value(), 41U);
}

TEST_F(RedisCacheClusterTest, DoesNotServeWhatWasClearedWhileItWasAway) {
  RedisInstance instance(cluster_options(cluster_), clock_, loop_);
  RedisCache& cache = whole(instance);
  for (int i = 0; i < 30; ++i)
    insert(cache, std::to_string(i));

  for (std::size_t i = 0; i < RedisCluster::kNodes; ++i)
    cluster_.node(i).command({"CLIENT", "KILL", "TYPE", "normal"});
  // Another instance clears meanwhile.
  cluster_.node(cluster_.master_of(kEpochKey)).command({"SET", kEpochKey, "7"});
  run_until(loop_, [&] { return !cache.is_available(); });
  run_until(loop_, [&] { return cache.is_available(); });

  EXPECT_EQ(instance.epoch().value(), 7U);
  whole(instance);
  for (int i = 0; i < 30; ++i)
    EXPECT_FALSE(has(cache, std::to_string(i)));
}

}  // namespace
}  // namespace refrain
