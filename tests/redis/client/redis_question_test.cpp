#include "refrain/redis/client/redis_question.h"

#include "refrain/redis/client/outage_log.h"

#include "redis/redis_fixture.h"
#include "support/log_spy.h"
#include "support/redis_server.h"
#include "support/run.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <memory>
#include <optional>
#include <string>

namespace refrain {
namespace {

using testing::RedisServer;
using testing::run;
using testing::run_until;

RedisConnectionOptions options_for(const RedisServer& server) {
  return testing::connection_options(server.unix_endpoint());
}

Result<RespValue> ask(const RedisConnectionOptions& options, const RedisCommand& command) {
  boost::asio::io_context loop(1);
  Result<RespValue> reply =
      run(loop, std::make_shared<RedisQuestion>(options, command, loop)->ask());
  loop.restart();
  loop.run();  // and leaves nothing behind that would not end
  return reply;
}

TEST(RedisQuestion, HasItsReply) {
  const RedisServer server;
  server.command({"SET", "k", "v"});

  EXPECT_EQ(ask(options_for(server), RedisCommand({"GET", "k"}))->text(), "v");
}

TEST(RedisQuestion, TakesAnErrorReplyForAReply) {
  const RedisServer server;

  EXPECT_TRUE(ask(options_for(server), RedisCommand({"NOSUCHCOMMAND"}))->is_error());
}

TEST(RedisQuestion, LogsNothingInTheNameOfWhoeverLentItsOptions) {
  RedisServer server;
  testing::LogSpy log;
  RedisConnectionOptions options = options_for(server);
  options.outages = std::make_shared<OutageLog>(log);

  EXPECT_TRUE(ask(options, RedisCommand({"PING"})).has_value());
  server.stop();
  EXPECT_FALSE(ask(options, RedisCommand({"PING"})).has_value());

  EXPECT_EQ(log.count(LogLevel::kInfo) + log.count(LogLevel::kWarning), 0U);
}

TEST(RedisQuestion, FailsWhenNobodyListens) {
  RedisServer server;
  server.stop();

  EXPECT_EQ(ask(options_for(server), RedisCommand({"PING"})).error().code(),
            ErrorCode::kUnavailable);
}

TEST(RedisQuestion, FailsWhenNobodyAnswersInTime) {
  RedisServer server;
  server.freeze();
  RedisConnectionOptions hasty = options_for(server);
  hasty.connect_budget = std::chrono::milliseconds(30);

  EXPECT_EQ(ask(hasty, RedisCommand({"PING"})).error().code(), ErrorCode::kTimeout);
  server.thaw();
}

TEST(RedisQuestion, EndsWhenItIsCancelled) {
  RedisServer server;
  server.freeze();
  boost::asio::io_context loop(1);
  const auto question =
      std::make_shared<RedisQuestion>(options_for(server), RedisCommand({"PING"}), loop);
  std::optional<Result<RespValue>> outcome;
  const auto on_done = [&](const std::exception_ptr& /*failure*/, Result<RespValue> reply) {
    outcome = std::move(reply);
  };
  boost::asio::co_spawn(loop, question->ask(), on_done);
  loop.poll();

  question->cancel();
  run_until(loop, [&] { return outcome.has_value(); });

  EXPECT_EQ(outcome->error().code(), ErrorCode::kCancelled);
  server.thaw();
}

}  // namespace
}  // namespace refrain
