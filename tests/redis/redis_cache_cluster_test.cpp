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
#include <string>
#include <string_view>

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
    return run(loop_, cache.find(sample_key(key))).value().has_value();
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
  const auto master_of = [&](const std::string& key) {
    return cluster_.master_of(cache.key_name(instance.epoch().value(), sample_key(key)));
  };
  // The epoch's shard stays: without it nothing is certain.
  const std::size_t epochs_master = cluster_.master_of(kEpochKey);
  int number = 0;
  while (master_of(std::to_string(number)) != epochs_master)
    ++number;
  const std::string served = std::to_string(number);
  while (master_of(std::to_string(number)) == epochs_master)
    ++number;
  const std::string frozen = std::to_string(number);
  insert(cache, served);
  insert(cache, frozen);
  testing::RedisServer& shard = cluster_.node(master_of(frozen));

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
  std::int64_t opened = 0;
  const TierStats stats = cache.stats();
  for (const BreakerStats& breaker : stats.breakers)
    opened += breaker.stays.at(1).entered;
  EXPECT_EQ(opened, 1);
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
