#include "refrain/redis/client/sentinel_loop.h"

#include "redis/redis_fixture.h"
#include "support/redis_sentinels.h"
#include "support/redis_server.h"
#include "support/run.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
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

// A sentinel that is told where the master is by the test, and two servers that both take commands.
class SentinelLoopTest : public ::testing::Test {
protected:
  SentinelLoopTest() {
    RedisClientOptions options;
    options.nodes = {address_of(sentinel_)};
    options.master_name = RedisSentinels::kMasterName;
    options.connection.connect_budget = kAmple;
    options.connection.command_budget = kAmple;
    options.connection.reconnect.first = std::chrono::milliseconds(1);
    options.connection.reconnect.longest = std::chrono::milliseconds(5);
    part_ = std::make_shared<SentinelLoop>(options, state_, loop_, log_);
    part_->start();
    run_until(loop_, [this] { return part_->is_ready(); });
  }
  ~SentinelLoopTest() override {
    part_->stop();
    loop_.restart();
    loop_.run();
  }

  /// Now the sentinel names the other one.
  void monitor_other() {
    sentinel_.command({"SENTINEL", "REMOVE", RedisSentinels::kMasterName});
    sentinel_.command({"SENTINEL",
                       "MONITOR",
                       RedisSentinels::kMasterName,
                       "127.0.0.1",
                       std::to_string(other_.tcp_endpoint().port),
                       "1"});
  }

  Result<RespValue> execute(std::initializer_list<std::string_view> words) {
    return run(loop_, part_->execute(RedisCommand(words)));
  }

  boost::asio::io_context loop_{1};
  NullLog log_;
  const RedisServer master_;
  const RedisServer other_;
  const RedisServer sentinel_{{"--sentinel"}, sentinel_config(master_, 1)};
  std::shared_ptr<SentinelState> state_ = std::make_shared<SentinelState>([this] {
    if (part_) part_->leave_former();
  });
  std::shared_ptr<SentinelLoop> part_;
};

TEST_F(SentinelLoopTest, SpeaksToTheMaster) {
  EXPECT_EQ(execute({"SET", "a", "1"})->text(), "OK");

  EXPECT_EQ(master_.command({"GET", "a"}).text(), "1");
  EXPECT_EQ(state_->master(), address_of(master_));
}

TEST_F(SentinelLoopTest, SendsNothingMoreToAMasterOfWhichAnyLoopKnowsThatItIsNone) {
  monitor_other();

  state_->note_moved(address_of(other_), 0);
  EXPECT_FALSE(part_->is_ready());
  EXPECT_FALSE(execute({"SET", "a", "1"}).has_value());
  run_until(loop_, [this] { return part_->is_ready(); });

  EXPECT_EQ(execute({"SET", "a", "2"})->text(), "OK");
  EXPECT_TRUE(master_.command({"GET", "a"}).is_null()) << "though it would have taken it";
  EXPECT_EQ(other_.command({"GET", "a"}).text(), "2");
}

TEST_F(SentinelLoopTest, WhatWaitsOnAFormerMasterFailsAtOnce) {
  monitor_other();
  master_.command({"CLIENT", "PAUSE", "60000"});
  std::optional<Result<RespValue>> reply;
  boost::asio::co_spawn(loop_,
                        part_->execute(RedisCommand({"SET", "a", "1"})),
                        [&](const std::exception_ptr& /*failure*/, Result<RespValue> given) {
                          reply = std::move(given);
                        });
  loop_.restart();
  loop_.poll();

  state_->note_moved(address_of(other_), 0);
  run_until(loop_, [&] { return reply.has_value(); });

  EXPECT_EQ(reply->error().code(), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace refrain
