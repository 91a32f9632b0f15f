#include "refrain/redis/client/cluster_loop.h"

#include "refrain/redis/client/cluster_slot.h"

#include "redis/client/cluster_options.h"
#include "redis/redis_fixture.h"
#include "support/redis_cluster.h"
#include "support/run.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace refrain {
namespace {

using testing::RedisCluster;
using testing::RedisServer;
using testing::run;
using testing::run_until;

const std::string kNews = "news";  // NOLINT(bugprone-throwing-static-initialization)

class ClusterLoopTest : public ::testing::Test {
protected:
  ~ClusterLoopTest() override {
    thaw();
    if (part_) part_->stop();
    loop_.restart();
    loop_.run();
  }

  RedisClientOptions options() {
    RedisClientOptions options = testing::client_options(cluster_);
    options.connection.on_connect_failed = [this](const Error& error) {
      failures_.push_back(error.message());
    };
    return options;
  }

  /// With a greeting that asks for the news.
  RedisClientOptions greeting() {
    RedisClientOptions asking = options();
    asking.connection.greeting = RedisCommand({"GET", kNews});
    asking.connection.on_greeted = [this](const RespValue& reply) -> Result<void> {
      if (reply.is_error()) return fail(ErrorCode::kUnavailable, reply.text());
      if (reply.text() == "unheard of") return fail(ErrorCode::kCorrupt, "not liked");
      heard_.push_back(reply.text());
      return {};
    };
    return asking;
  }

  void start(const RedisClientOptions& options) {
    state_ = std::make_shared<ClusterState>(options.refresh_distance, 0);
    part_ = std::make_shared<ClusterLoop>(options, state_, loop_, log_);
    part_->start();
  }

  void connect(const RedisClientOptions& options) {
    start(options);
    run_until(loop_, [this] { return is_whole(); });
  }

  [[nodiscard]] bool is_whole() const {
    const auto topology = state_->topology();
    bool is_all = topology->shards().size() == RedisCluster::kMasters;
    for (const ClusterTopology::Shard& shard : topology->shards())
      is_all = is_all && part_->is_ready(shard.master);
    return is_all;
  }

  [[nodiscard]] bool is_ready(std::string_view key) const {
    return part_->is_ready(cluster_slot(key));
  }

  Result<RespValue> execute(std::initializer_list<std::string_view> words) {
    return run(loop_, part_->execute(RedisCommand(words)));
  }

  void set(const std::string& key, const std::string& value) {
    cluster_.node(cluster_.master_of(key)).command({"SET", key, value});
  }

  void drop_clients(std::size_t number) {
    cluster_.node(number).command({"CLIENT", "KILL", "TYPE", "normal"});
  }

  /// Makes a node unreachable, more briefly than its cluster would take it for dead.
  void cut_off(std::size_t number) {
    drop_clients(number);
    freeze(number);
  }

  void freeze(std::size_t number) {
    cluster_.node(number).freeze();
    frozen_ = number;
  }

  void thaw() {
    if (frozen_) cluster_.node(*frozen_).thaw();
    frozen_.reset();
  }

  RedisCluster& cluster_ = RedisCluster::shared();
  std::optional<std::size_t> frozen_;
  boost::asio::io_context loop_{1};
  NullLog log_;
  std::vector<std::string> failures_;
  std::vector<std::string> heard_;
  std::shared_ptr<ClusterState> state_;
  std::shared_ptr<ClusterLoop> part_;
};

TEST_F(ClusterLoopTest, AsksItsGreetingOnceWhereItsKeyIsBeforeItIsReady) {
  set(kNews, "all is well");

  connect(greeting());

  EXPECT_EQ(heard_, std::vector<std::string>{"all is well"});
  EXPECT_TRUE(failures_.empty());
}

TEST_F(ClusterLoopTest, IsNotReadyWhileItsGreetingIsNotLiked) {
  set(kNews, "unheard of");
  start(greeting());

  run_until(loop_, [this] { return failures_.size() >= 3; });
  EXPECT_FALSE(part_->is_ready());
  EXPECT_FALSE(is_ready("a"));
  EXPECT_EQ(execute({"GET", "a"}).error().code(), ErrorCode::kUnavailable);
  EXPECT_NE(failures_.back().find("not liked"), std::string::npos);
  set(kNews, "all is well");
  run_until(loop_, [this] { return is_whole(); });

  EXPECT_EQ(heard_.size(), 1U);
}

TEST_F(ClusterLoopTest, GoesOnElsewhereWhileTheNodeOfItsGreetingIsAway) {
  set(kNews, "old");
  connect(greeting());
  const std::string other = cluster_.key_elsewhere(kNews);
  set(other, "value");

  cut_off(cluster_.master_of(kNews));
  run_until(loop_, [&] { return !is_ready(kNews); });
  EXPECT_TRUE(is_ready(other));
  EXPECT_EQ(execute({"GET", other})->text(), "value");
  EXPECT_EQ(execute({"GET", kNews}).error().code(), ErrorCode::kUnavailable);
  thaw();
  run_until(loop_, [&] { return is_ready(kNews); });

  EXPECT_GE(heard_.size(), 2U) << "it is asked before anything else";
}

TEST_F(ClusterLoopTest, IsNotReadyAnywhereWhenTheGraceWithoutTheNodeOfItsGreetingIsOver) {
  set(kNews, "old");
  RedisClientOptions brief = greeting();
  brief.greeting_grace = std::chrono::milliseconds(0);
  connect(brief);
  const std::string other = cluster_.key_elsewhere(kNews);

  cut_off(cluster_.master_of(kNews));
  run_until(loop_, [&] { return !is_ready(other); });
  EXPECT_FALSE(part_->is_ready());
  EXPECT_EQ(execute({"GET", other}).error().code(), ErrorCode::kUnavailable);
  thaw();
  run_until(loop_, [&] { return is_ready(other); });

  EXPECT_GE(heard_.size(), 2U);
}

TEST_F(ClusterLoopTest, AfterItWasAwayUsesNoNodeBeforeItHasHeardTheNews) {
  set(kNews, "old");
  connect(greeting());
  const std::string other = cluster_.key_elsewhere(kNews);
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < RedisCluster::kNodes; ++i) {
    const bool is_master = cluster_.node(i).command({"ROLE"}).elements()[0].text() == "master";
    if (is_master && i != cluster_.master_of(kNews)) others.push_back(i);
  }

  cut_off(cluster_.master_of(kNews));
  for (const std::size_t i : others)
    drop_clients(i);
  run_until(loop_, [&] { return !part_->is_ready(); });
  // A question for the topology shows that a node is connected again.
  run_until(loop_, [&] {
    return std::any_of(others.begin(), others.end(), [&](std::size_t i) {
      const std::string clients = cluster_.node(i).command({"CLIENT", "LIST"}).text();
      return clients.find("cmd=cluster|slots") != std::string::npos;
    });
  });
  EXPECT_FALSE(part_->is_ready());
  EXPECT_FALSE(is_ready(other));
  thaw();
  run_until(loop_, [this] { return is_whole(); });

  EXPECT_GE(heard_.size(), 2U);
}

TEST_F(ClusterLoopTest, ReadsFromReplicasIfItMay) {
  set("a", "1");
  RedisClientOptions reading = options();
  reading.reads_from_replicas = true;
  connect(reading);
  const RedisServer& replica = cluster_.node(cluster_.replica_of("a"));
  replica.command({"CONFIG", "RESETSTAT"});
  const auto has_served = [&replica](std::string_view command) {
    const std::string stats = replica.command({"INFO", "commandstats"}).text();
    return stats.find("cmdstat_" + std::string(command) + ":") != std::string::npos;
  };
  run_until(loop_, [&] {
    EXPECT_EQ(execute({"GET", "a"})->text(), "1");
    EXPECT_EQ(execute({"GETRANGE", "a", "0", "9"})->text(), "1");
    return has_served("getrange");
  });
  EXPECT_EQ(execute({"GET", "a"})->text(), "1");
  EXPECT_FALSE(has_served("get")) << "which must not be behind";
  EXPECT_EQ(execute({"SET", "a", "2"})->text(), "OK");

  EXPECT_EQ(state_->counts().moved, 0);
}

TEST_F(ClusterLoopTest, SaysThatAStandaloneServerIsNoCluster) {
  const RedisServer server;
  RedisClientOptions wrong = options();
  RedisAddress address;
  address.host = "127.0.0.1";
  address.port = server.tcp_endpoint().port;
  wrong.nodes = {address};
  start(wrong);

  run_until(loop_, [this] { return !failures_.empty(); });

  EXPECT_FALSE(part_->is_ready());
  EXPECT_NE(failures_.front().find("cluster support disabled"), std::string::npos);
}

TEST_F(ClusterLoopTest, EndsWhatWaitsWhenItIsStopped) {
  connect(options());
  freeze(cluster_.master_of("a"));
  std::optional<Result<RespValue>> outcome;
  const auto on_done = [&](const std::exception_ptr& /*failure*/, Result<RespValue> reply) {
    outcome = std::move(reply);
  };
  boost::asio::co_spawn(loop_, part_->execute(RedisCommand({"GET", "a"})), on_done);
  loop_.restart();
  loop_.poll();

  part_->stop();
  run_until(loop_, [&] { return outcome.has_value(); });

  EXPECT_EQ(outcome->error().code(), ErrorCode::kCancelled);
  EXPECT_FALSE(part_->is_ready());
}

}  // namespace
}  // namespace refrain
