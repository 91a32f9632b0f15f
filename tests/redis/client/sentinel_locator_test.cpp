#include "refrain/redis/client/sentinel_locator.h"

#include "redis/redis_fixture.h"
#include "support/redis_sentinels.h"
#include "support/run.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace refrain {
namespace {

using testing::address_of;
using testing::kAmple;
using testing::RedisSentinels;
using testing::RedisServer;
using testing::run;
using testing::run_until;
using testing::sentinel_config;

RedisClientOptions options_for(std::vector<RedisAddress> sentinels) {
  RedisClientOptions options;
  options.mode = RedisMode::kSentinel;
  options.nodes = std::move(sentinels);
  options.master_name = RedisSentinels::kMasterName;
  options.connection.connect_budget = kAmple;
  options.connection.endpoint.user = "alice";
  options.connection.endpoint.password = "secret";
  options.connection.endpoint.database = 3;
  return options;
}

std::shared_ptr<SentinelState> new_state() {
  return std::make_shared<SentinelState>([] {});
}

Result<RedisEndpoint> locate(const RedisClientOptions& options) {
  boost::asio::io_context loop(1);
  return run(loop, std::make_shared<SentinelLocator>(options, new_state(), loop)->locate());
}

TEST(SentinelLocator, FindsTheMasterAndKeepsTheRestOfTheEndpoint) {
  RedisSentinels& sentinels = RedisSentinels::shared();

  const Result<RedisEndpoint> found = locate(options_for(sentinels.addresses()));

  ASSERT_TRUE(found.has_value()) << found.error().message();
  EXPECT_EQ(found->host, "127.0.0.1");
  EXPECT_EQ(found->port, sentinels.master().tcp_endpoint().port);
  EXPECT_EQ(found->user, "alice");
  EXPECT_EQ(found->password, "secret");
  EXPECT_EQ(found->database, 3);
}

TEST(SentinelLocator, GoesOnToTheNextSentinelAndRemembersWhichOneKnew) {
  RedisSentinels& sentinels = RedisSentinels::shared();
  RedisServer dead;
  dead.stop();
  RedisServer frozen;
  std::vector<RedisAddress> nodes = {address_of(dead), address_of(frozen)};
  nodes.push_back(sentinels.addresses().front());
  RedisClientOptions options = options_for(nodes);
  options.connection.connect_budget = std::chrono::milliseconds(2000);
  boost::asio::io_context loop(1);
  const auto state = new_state();
  const auto locator = std::make_shared<SentinelLocator>(options, state, loop);
  EXPECT_EQ(locator->generation(), 0U);
  const RedisAddress master = address_of(sentinels.master());
  frozen.freeze();

  EXPECT_EQ(run(loop, locator->locate())->port, master.port);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(run(loop, locator->locate())->port, master.port);

  EXPECT_LT(std::chrono::steady_clock::now() - begin, options.connection.connect_budget)
      << "the frozen one is not asked again";
  EXPECT_EQ(state->master(), master);
  EXPECT_EQ(state->first(), 2U);
  EXPECT_EQ(locator->generation(), state->generation());
  frozen.thaw();
}

TEST(SentinelLocator, AsksAnotherSentinelWhenWhatOneNamesIsNotTheMasterAgainAndAgain) {
  RedisServer former;
  const RedisServer master;
  const RedisServer cut_off({"--sentinel"}, sentinel_config(former, 1));
  const RedisServer sentinel({"--sentinel"}, sentinel_config(master, 1));
  boost::asio::io_context loop(1);
  const auto locator = std::make_shared<SentinelLocator>(
      options_for({address_of(cut_off), address_of(sentinel)}), new_state(), loop);

  EXPECT_EQ(run(loop, locator->locate())->port, former.tcp_endpoint().port);
  EXPECT_EQ(run(loop, locator->locate())->port, former.tcp_endpoint().port);
  EXPECT_EQ(run(loop, locator->locate())->port, master.tcp_endpoint().port);
  locator->note_success();
  EXPECT_EQ(run(loop, locator->locate())->port, master.tcp_endpoint().port);
}

TEST(SentinelLocator, SaysThatNobodyKnowsAMasterOfThatName) {
  RedisClientOptions options = options_for(RedisSentinels::shared().addresses());
  options.master_name = "somebody else";

  const Result<RedisEndpoint> found = locate(options);

  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code(), ErrorCode::kUnavailable);
  EXPECT_NE(found.error().message().find("'somebody else'"), std::string::npos);
}

TEST(SentinelLocator, SaysThatAServerIsNoSentinel) {
  const RedisServer server;

  const Result<RedisEndpoint> found = locate(options_for({address_of(server)}));

  ASSERT_FALSE(found.has_value());
  EXPECT_NE(found.error().message().find("unknown command"), std::string::npos);
}

TEST(SentinelLocator, LogsInToASentinelThatWantsIt) {
  const RedisServer master;
  const RedisServer sentinel({"--sentinel"},
                             sentinel_config(master, 1) + "requirepass open-sesame\n");
  RedisClientOptions options = options_for({address_of(sentinel)});

  EXPECT_FALSE(locate(options).has_value());
  options.sentinel_password = "open-sesame";

  EXPECT_EQ(locate(options)->port, master.tcp_endpoint().port);
}

TEST(SentinelLocator, EndsWhenItIsStopped) {
  RedisServer frozen;
  frozen.freeze();
  boost::asio::io_context loop(1);
  const auto locator = std::make_shared<SentinelLocator>(
      options_for({address_of(frozen), address_of(frozen)}), new_state(), loop);
  std::optional<Result<RedisEndpoint>> outcome;
  const auto on_done = [&](const std::exception_ptr& /*failure*/, Result<RedisEndpoint> found) {
    outcome = std::move(found);
  };
  boost::asio::co_spawn(loop, locator->locate(), on_done);
  loop.poll();

  locator->stop();
  run_until(loop, [&] { return outcome.has_value(); });

  EXPECT_EQ(outcome->error().code(), ErrorCode::kCancelled);
  loop.restart();
  loop.run();  // and leaves nothing behind that would not end
  frozen.thaw();
}

}  // namespace
}  // namespace refrain
