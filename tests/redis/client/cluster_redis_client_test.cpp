#include "refrain/redis/client/cluster_redis_client.h"

#include "refrain/redis/client/cluster_slot.h"

#include "redis/client/cluster_options.h"
#include "redis/client/recording_source_listener.h"
#include "redis/redis_fixture.h"
#include "support/redis_cluster.h"
#include "support/run.h"
#include "support/wait_until.h"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace refrain {
namespace {

using testing::RedisCluster;
using testing::run;
using testing::run_until;
using testing::wait_until;

class ClusterRedisClientTest : public ::testing::Test {
protected:
  ~ClusterRedisClientTest() override {
    if (client_) client_->stop();
    loop_.restart();
    loop_.run();
  }

  RedisClientOptions options() { return testing::client_options(cluster_); }

  void start(const RedisClientOptions& options) {
    client_ = std::make_unique<ClusterRedisClient>(
        options, std::vector<boost::asio::io_context*>{&loop_}, log_);
    client_->start();
  }

  /// Returns once every shard is used.
  void connect(const RedisClientOptions& options) {
    start(options);
    run_until(loop_, [this] { return is_whole(); });
  }

  [[nodiscard]] bool is_whole() const {
    const std::vector<RedisClient::Shard> shards = client_->shards();
    return shards.size() == RedisCluster::kMasters &&
           std::all_of(shards.begin(), shards.end(), [](const RedisClient::Shard& shard) {
             return shard.is_ready;
           });
  }

  /// The shard that has `id`.
  [[nodiscard]] RedisClient::Shard shard(std::size_t id) const {
    const std::vector<std::size_t> ids = client_->shard_ids();
    const auto place = std::find(ids.begin(), ids.end(), id) - ids.begin();
    return client_->shards().at(static_cast<std::size_t>(place));
  }

  Result<RespValue> execute(std::initializer_list<std::string_view> words) {
    return run(loop_, client_->execute(RedisCommand(words)));
  }

  RedisCluster& cluster_ = RedisCluster::shared();
  boost::asio::io_context loop_{1};
  NullLog log_;
  std::unique_ptr<ClusterRedisClient> client_;
};

// Many callers that ask one after the other, each about keys of its own.
class Load {
public:
  Load(RedisClient& client, boost::asio::io_context& loop, std::vector<std::string> keys)
      : client_(client),
        loop_(loop),
        keys_(std::move(keys)) {
    for (int i = 0; i < kCallers; ++i) {
      const auto on_done = [this](const std::exception_ptr& failure) {
        if (failure) ++broken_;
        --running_;
      };
      ++running_;
      boost::asio::co_spawn(loop_, call(i), on_done);
    }
  }

  static constexpr int kCallers = 64;

  /// Returns when every caller has ended.
  void end() {
    is_over_ = true;
    run_until(loop_, [this] { return running_ == 0; });
  }

  /// Commands that succeeded, or did not, by key.
  [[nodiscard]] std::int64_t succeeded(const std::string& key) { return succeeded_[key]; }
  [[nodiscard]] std::int64_t failed(const std::string& key) { return failed_[key]; }
  [[nodiscard]] std::int64_t all_succeeded() const { return all_succeeded_; }
  [[nodiscard]] std::int64_t all_failed() const { return all_failed_; }
  [[nodiscard]] const std::string& last_failure() const { return last_failure_; }
  /// Replies that were another command's, and callers that ended by an exception.
  [[nodiscard]] int broken() const { return broken_; }

  // The name under which caller `caller` counts for `key`.
  static std::string counter_name(const std::string& key, int caller) {
    return "{" + key + "}" + std::to_string(caller);
  }

private:
  Task<void> call(int caller) {
    std::map<std::string, std::int64_t> counters;
    for (std::size_t turn = 0; !is_over_; ++turn) {
      const std::string& key = keys_[(turn + static_cast<std::size_t>(caller)) % keys_.size()];
      const std::string name = counter_name(key, caller);
      RedisCommand command({"INCRBY", name, "1"});
      command.add({"PEXPIRE", name, "600000"});
      Result<RespValue> replies = co_await client_.execute(std::move(command));
      const bool is_good = replies && replies->elements().size() == 2 &&
                           !replies->elements()[0].is_error() && !replies->elements()[1].is_error();
      note(key, is_good, replies);
      if (is_good) {
        // Executed once, and of this caller.
        if (replies->elements()[0].integer() != counters[name] + 1) ++broken_;
        counters[name] = replies->elements()[0].integer();
        continue;
      }
      // It is not known whether it was executed; and others shall run, too.
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        Executor>
          pause(loop_.get_executor(), std::chrono::milliseconds(1));
      const auto [ended] = co_await pause.async_wait(kAsTuple);
      static_cast<void>(ended);
      RedisCommand look({"GET", name});
      Result<RespValue> value = co_await client_.execute(std::move(look));
      if (value && !value->is_error())
        counters[name] = value->is_null() ? 0 : std::stoll(value->text());
    }
  }

  void note(const std::string& key, bool is_good, const Result<RespValue>& replies) {
    ++(is_good ? succeeded_ : failed_)[key];
    ++(is_good ? all_succeeded_ : all_failed_);
    if (is_good) return;
    last_failure_ = replies ? "an error reply" : replies.error().message();
    if (replies) {
      for (const RespValue& reply : replies->elements())
        last_failure_ += ": " + reply.text();
    }
  }

  RedisClient& client_;
  boost::asio::io_context& loop_;
  std::vector<std::string> keys_;
  std::map<std::string, std::int64_t> succeeded_;
  std::map<std::string, std::int64_t> failed_;
  std::int64_t all_succeeded_ = 0;
  std::int64_t all_failed_ = 0;
  std::string last_failure_;
  int broken_ = 0;
  int running_ = 0;
  bool is_over_ = false;
};

// Work beside the loop's thread.
class Background {
public:
  explicit Background(std::function<void()> work)
      : thread_([this, work = std::move(work)] {
          try {
            work();
          } catch (...) {
            failure_ = std::current_exception();
          }
          is_done_ = true;
        }) {}
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  ~Background() { thread_.join(); }

  [[nodiscard]] bool is_done() const { return is_done_; }
  /// What the work threw, if anything. @pre `is_done()`.
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

private:
  std::atomic<bool> is_done_ = false;
  std::exception_ptr failure_;
  std::thread thread_;
};

TEST_F(ClusterRedisClientTest, SendsEachCommandToTheNodeThatKeepsItsKey) {
  connect(options());

  for (int i = 0; i < 100; ++i) {
    const std::string key = "key " + std::to_string(i);
    EXPECT_EQ(execute({"SET", key, key})->text(), "OK");
    EXPECT_EQ(execute({"GET", key})->text(), key);
    EXPECT_TRUE(client_->is_ready(key));
  }

  EXPECT_EQ(client_->redirections().moved, 0);
  EXPECT_EQ(client_->redirections().asked, 0);
}

TEST_F(ClusterRedisClientTest, FindsTheClusterFromAnyOneNode) {
  for (const RedisAddress& seed : cluster_.addresses()) {
    RedisClientOptions one = options();
    one.nodes = {seed};
    connect(one);

    EXPECT_EQ(execute({"SET", "a", "1"})->text(), "OK");

    client_->stop();
  }
}

TEST_F(ClusterRedisClientTest, SaysWhichShardsThereAre) {
  connect(options());

  std::size_t slots = 0;
  for (const RedisClient::Shard& each : client_->shards())
    slots += each.slots;
  const std::string other = cluster_.key_elsewhere("a");
  const std::size_t number = client_->shard_of("a");

  EXPECT_EQ(slots, kClusterSlots);
  EXPECT_EQ(client_->shard_count(), RedisCluster::kMasters);
  EXPECT_NE(number, client_->shard_of(other));
  EXPECT_EQ(shard(number).address, cluster_.addresses()[cluster_.master_of("a")].describe());
}

TEST_F(ClusterRedisClientTest, FollowsSlotsThatMoveUnderLoadWithoutAFailedCommand) {
  RedisClientOptions patient = options();
  // So that it hears of moves from nodes alone.
  patient.refresh_distance = std::chrono::hours(1);
  connect(patient);
  const std::vector<std::string> keys = {"a", "b", "c", "d", "e", "f"};
  Load load(*client_, loop_, keys);
  run_until(loop_, [&] { return load.all_succeeded() > 1000; });

  Background resharding([&] {
    for (const std::string& key : keys) {
      const ClusterState::Counts before = client_->redirections();
      const std::size_t target = cluster_.master_of(cluster_.key_elsewhere(key));
      cluster_.move_slot(cluster_slot(key), target, [&] {
        wait_until("ASK is said", [&] { return client_->redirections().asked > before.asked; });
      });
      wait_until("MOVED is said", [&] { return client_->redirections().moved > before.moved; });
    }
  });
  run_until(loop_, [&] { return resharding.is_done(); });
  resharding.rethrow();
  const std::int64_t before = load.all_succeeded();
  run_until(loop_, [&] { return load.all_succeeded() > before + 1000; });
  load.end();

  EXPECT_EQ(load.all_failed(), 0) << load.last_failure();
  EXPECT_EQ(load.broken(), 0);
  EXPECT_GE(client_->redirections().asked, 6);
  EXPECT_GE(client_->redirections().moved, 6);
}

TEST_F(ClusterRedisClientTest, RenewsItsPictureWhenANodeSaysThatASlotHasMoved) {
  connect(options());
  const std::string key = "a";
  const std::size_t source = client_->shard_of(key);
  const std::size_t slots = shard(source).slots;
  const std::size_t target = cluster_.master_of(cluster_.key_elsewhere(key));
  // One move that nobody says anything of, and one that is met with.
  std::uint16_t silent = cluster_slot(key);
  for (int i = 0; silent == cluster_slot(key); ++i) {
    const std::string other = std::to_string(i);
    if (client_->shard_of(other) == source) silent = cluster_slot(other);
  }
  cluster_.move_slot(silent, target);
  cluster_.move_slot(cluster_slot(key), target);

  EXPECT_EQ(execute({"SET", key, "1"})->text(), "OK");
  EXPECT_EQ(client_->redirections().moved, 1);
  run_until(loop_, [&] { return shard(source).slots == slots - 2; });

  EXPECT_EQ(client_->redirections().moved, 1);
}

TEST_F(ClusterRedisClientTest, WhatWaitsGoesWithItsLoop) {
  testing::RedisServer& frozen = cluster_.node(cluster_.master_of("a"));
  {
    boost::asio::io_context loop(1);
    ClusterRedisClient client(options(), std::vector<boost::asio::io_context*>{&loop}, log_);
    client.start();
    run_until(loop, [&] { return client.is_ready("a"); });
    frozen.freeze();
    boost::asio::co_spawn(loop, client.execute(RedisCommand({"GET", "a"})), boost::asio::detached);
    loop.restart();
    loop.poll();
  }  // The command, the node and its connection go now, as LeakSanitizer sees.
  frozen.thaw();

  connect(options());
  EXPECT_TRUE(execute({"GET", "a"}).has_value());
}

TEST_F(ClusterRedisClientTest, RenewsItsPictureWhenItIsToldToDoubtIt) {
  connect(options());
  const std::size_t source = client_->shard_of("a");
  const std::size_t slots = shard(source).slots;
  cluster_.move_slot(cluster_slot("a"), cluster_.master_of(cluster_.key_elsewhere("a")));

  client_->renew_sources();
  run_until(loop_, [&] { return shard(source).slots == slots - 1; });

  EXPECT_EQ(client_->redirections().moved, 0);
}

TEST_F(ClusterRedisClientTest, SaysFromWhichMastersItsAnswersCome) {
  testing::RecordingSourceListener sources;
  RedisClientOptions greeting = options();
  greeting.connection.greeting = RedisCommand({"GET", "a"});
  start(greeting);
  client_->watch_sources(&sources);
  run_until(loop_, [&] { return sources.sources.size() == RedisCluster::kMasters; });

  const std::string home = cluster_.addresses()[cluster_.master_of("a")].describe();
  for (const RedisSource& source : sources.sources) {
    EXPECT_EQ(source.kind, RedisSource::Kind::kShard);
    EXPECT_EQ(source.keeps_greeting, source.address->describe() == home);
    const std::string key = "{" + cluster_tag(source.slot) + "}";
    EXPECT_EQ(cluster_.addresses()[cluster_.master_of(key)], source.address);
  }
  client_->watch_sources(nullptr);
}

TEST_F(ClusterRedisClientTest, AShardKeepsItsIdWhenSlotsMove) {
  connect(options());
  // The slot that puts its master first.
  int number = 0;
  while (cluster_slot(std::to_string(number)) != 0)
    ++number;
  const std::string first = std::to_string(number);
  number = 0;
  while (client_->shard_of(std::to_string(number)) != client_->shard_of(first))
    ++number;
  const std::string stays = std::to_string(number);
  const std::string elsewhere = cluster_.key_elsewhere(first);
  const std::size_t source = client_->shard_of(stays);
  const std::size_t target = client_->shard_of(elsewhere);
  const std::vector<std::size_t> ids = client_->shard_ids();

  cluster_.move_slot(0, cluster_.master_of(elsewhere));
  EXPECT_EQ(execute({"SET", first, "1"})->text(), "OK");

  EXPECT_NE(client_->shard_ids(), ids) << "they stand in another order";
  EXPECT_EQ(client_->shard_of(first), target);
  EXPECT_EQ(client_->shard_of(elsewhere), target);
  EXPECT_EQ(client_->shard_of(stays), source);
}

TEST_F(ClusterRedisClientTest, WhenAMasterIsKilledOnlyItsCommandsFailUntilItsReplicaIsPromoted) {
  connect(options());
  const std::string lost = "a";
  const std::vector<std::string> keys = {
      lost, cluster_.key_elsewhere(lost, 0), cluster_.key_elsewhere(lost, 1)};
  Load load(*client_, loop_, keys);
  run_until(loop_, [&] { return load.all_succeeded() > 1000; });

  cluster_.node(cluster_.master_of(lost)).kill();
  run_until(loop_, [&] { return load.failed(lost) > 0; });
  EXPECT_FALSE(client_->is_ready(lost));
  EXPECT_TRUE(client_->is_ready(keys[1]));
  EXPECT_TRUE(client_->is_ready());
  run_until(loop_, [&] { return client_->is_ready(lost); });
  const std::int64_t before = load.succeeded(lost);
  run_until(loop_, [&] { return load.succeeded(lost) > before + 100; });
  load.end();

  EXPECT_EQ(load.failed(keys[1]) + load.failed(keys[2]), 0) << load.last_failure();
  EXPECT_EQ(load.broken(), 0);
}

}  // namespace
}  // namespace refrain
