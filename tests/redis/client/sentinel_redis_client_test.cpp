#include "refrain/redis/client/sentinel_redis_client.h"

#include "redis/client/recording_source_listener.h"
#include "redis/redis_fixture.h"
#include "support/redis_sentinels.h"
#include "support/run.h"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace refrain {
namespace {

using testing::kAmple;
using testing::RedisSentinels;
using testing::RedisServer;
using testing::run;
using testing::run_until;

class SentinelRedisClientTest : public ::testing::Test {
protected:
  ~SentinelRedisClientTest() override {
    if (client_) client_->stop();
    loop_.restart();
    loop_.run();
  }

  RedisClientOptions options() {
    RedisClientOptions options;
    options.mode = RedisMode::kSentinel;
    options.nodes = sentinels_.addresses();
    options.master_name = RedisSentinels::kMasterName;
    options.connection.connect_budget = kAmple;
    options.connection.command_budget = kAmple;
    options.connection.reconnect.longest = std::chrono::milliseconds(200);
    options.connection.on_connect_failed = [this](const Error& error) {
      failures_.push_back(error.message());
    };
    return options;
  }

  void connect(const RedisClientOptions& options) {
    client_ = std::make_unique<SentinelRedisClient>(
        options, std::vector<boost::asio::io_context*>{&loop_}, log_);
    client_->start();
    run_until(loop_, [this] { return client_->is_ready("a"); });
  }

  Result<RespValue> execute(std::initializer_list<std::string_view> words) {
    return run(loop_, client_->execute(RedisCommand(words)));
  }

  [[nodiscard]] bool is_refused_as_no_master() const {
    return !failures_.empty() && failures_.back().find("not the master") != std::string::npos;
  }

  // Sets a key of its own again and again.
  Task<void> call(std::string key) {
    while (!is_over_) {
      RedisCommand command({"SET", key, "v"});
      const Result<RespValue> reply = co_await client_->execute(std::move(command));
      const bool is_good = reply && !reply->is_error();
      ++(is_good ? succeeded_ : failed_);
      if (is_good) continue;
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        Executor>
          pause(loop_.get_executor(), std::chrono::milliseconds(1));
      const auto [ended] = co_await pause.async_wait(kAsTuple);
      static_cast<void>(ended);
    }
  }

  RedisSentinels& sentinels_ = RedisSentinels::shared();
  boost::asio::io_context loop_{1};
  NullLog log_;
  std::vector<std::string> failures_;
  std::unique_ptr<SentinelRedisClient> client_;
  bool is_over_ = false;
  int succeeded_ = 0;
  int failed_ = 0;
};

TEST_F(SentinelRedisClientTest, SpeaksToTheMaster) {
  connect(options());

  EXPECT_EQ(execute({"SET", "a", "1"})->text(), "OK");

  EXPECT_EQ(sentinels_.master().command({"GET", "a"}).text(), "1");
  EXPECT_EQ(client_->shard_count(), 1U);
  EXPECT_EQ(client_->shard_of("a"), 0U);
  const RedisClient::Shard shard = client_->shards().front();
  EXPECT_TRUE(shard.is_ready);
  EXPECT_EQ(shard.address, "127.0.0.1:" + std::to_string(sentinels_.master().tcp_endpoint().port));
  EXPECT_GE(client_->latency().p99_ms, client_->latency().p50_ms);
}

TEST_F(SentinelRedisClientTest, AsksItsGreetingToo) {
  sentinels_.master().command({"SET", "greeting", "hello"});
  std::string one;
  RedisClientOptions greeting = options();
  greeting.connection.greeting = RedisCommand({"GET", "greeting"});
  greeting.connection.on_greeted = [&](const RespValue& reply) -> Result<void> {
    one = reply.text();
    return {};
  };
  connect(greeting);
  EXPECT_EQ(one, "hello");

  std::vector<RespValue> several;
  greeting.connection.greeting.add({"ECHO", "again"});
  greeting.connection.on_greeted = [&](const RespValue& reply) -> Result<void> {
    several = reply.elements();
    return {};
  };
  connect(greeting);

  ASSERT_EQ(several.size(), 2U);
  EXPECT_EQ(several[0].text(), "hello");
  EXPECT_EQ(several[1].text(), "again");
}

TEST_F(SentinelRedisClientTest, LeavesAServerThatSaysReadOnlyAndDoesNotComeBackToAReplica) {
  connect(options());
  RedisServer& master = sentinels_.master();
  // As if somebody had taken its office from it: the sentinels have not noticed yet.
  master.command({"REPLICAOF", "127.0.0.1", "1"});

  EXPECT_TRUE(execute({"SET", "a", "1"})->text().starts_with("READONLY"));
  EXPECT_FALSE(client_->is_ready());
  run_until(loop_, [this] { return is_refused_as_no_master(); });
  EXPECT_FALSE(client_->is_ready());
  master.command({"REPLICAOF", "NO", "ONE"});
  run_until(loop_, [this] { return client_->is_ready(); });

  EXPECT_EQ(execute({"SET", "a", "1"})->text(), "OK");
}

TEST_F(SentinelRedisClientTest, FollowsAFailoverUnderLoad) {
  constexpr int kCallers = 64;
  connect(options());
  int running = kCallers;
  const auto on_done = [&](const std::exception_ptr& /*failure*/) {
    --running;
  };
  for (int i = 0; i < kCallers; ++i)
    boost::asio::co_spawn(loop_, call("key " + std::to_string(i)), on_done);
  run_until(loop_, [&] { return succeeded_ > 1000; });
  const std::string before = client_->shards().front().address;
  EXPECT_EQ(failed_, 0);

  sentinels_.master().kill();
  run_until(loop_, [&] { return failed_ > 0; });
  run_until(loop_, [&] { return client_->is_ready(); });
  const int since = succeeded_;
  run_until(loop_, [&] { return succeeded_ > since + 1000; });
  const int failed = failed_;
  run_until(loop_, [&] { return succeeded_ > since + 5000; });
  is_over_ = true;
  run_until(loop_, [&] { return running == 0; });

  EXPECT_EQ(failed_, failed) << "all is well again";
  EXPECT_NE(client_->shards().front().address, before);
  EXPECT_EQ(client_->shards().front().address,
            "127.0.0.1:" + std::to_string(sentinels_.master().tcp_endpoint().port));
}

TEST_F(SentinelRedisClientTest,
       LeavesAMasterThatTheSentinelsHaveReplacedThoughItStillTakesCommands) {
  testing::RecordingSourceListener sources;
  connect(options());
  client_->watch_sources(&sources);
  RedisServer& former = sentinels_.master();
  const std::string before = client_->shards().front().address;

  sentinels_.cut_master_off();
  run_until(loop_, [&] { return client_->shards().front().address != before; });
  EXPECT_EQ(former.command({"ROLE"}).elements().at(0).text(), "master");
  EXPECT_EQ(former.command({"SET", "a", "of the former"}).text(), "OK");
  run_until(loop_, [this] { return client_->is_ready(); });

  EXPECT_EQ(execute({"SET", "a", "1"})->text(), "OK");
  EXPECT_EQ(former.command({"GET", "a"}).text(), "of the former");
  ASSERT_EQ(sources.sources.size(), 1U);
  EXPECT_EQ(sources.sources.front().address->describe(), client_->shards().front().address);
  client_->watch_sources(nullptr);
}

}  // namespace
}  // namespace refrain
