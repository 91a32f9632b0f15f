#include "refrain/redis/client/sentinel_subscription.h"

#include "redis/documented_acl.h"
#include "redis/redis_fixture.h"
#include "support/log_spy.h"
#include "support/redis_sentinels.h"
#include "support/redis_server.h"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace refrain {
namespace {

using testing::address_of;
using testing::kAmple;
using testing::RedisSentinels;
using testing::RedisServer;
using testing::run_until;
using testing::sentinel_config;

// Longer than any test: what is heard then was told.
constexpr std::chrono::hours kNever{1};

// Sentinels of a test's own. Where one is to tell of another master without a failover, a plain
// server publishes what a sentinel would.
class SentinelSubscriptionTest : public ::testing::Test {
protected:
  ~SentinelSubscriptionTest() override {
    if (subscription_) subscription_->stop();
    loop_.restart();
    loop_.run();
  }

  RedisClientOptions options(std::vector<RedisAddress> sentinels) {
    RedisClientOptions options;
    options.nodes = std::move(sentinels);
    options.master_name = RedisSentinels::kMasterName;
    options.connection.connect_budget = kAmple;
    options.connection.reconnect.first = std::chrono::milliseconds(1);
    options.connection.reconnect.longest = std::chrono::milliseconds(5);
    return options;
  }

  void subscribe(const RedisClientOptions& options, std::chrono::milliseconds interval) {
    subscription_ = std::make_shared<SentinelSubscription>(options, state_, loop_, log_, interval);
    subscription_->start();
  }

  static bool has_subscriber(const RedisServer& server) {
    const RespValue count = server.command({"PUBSUB", "NUMSUB", "+switch-master"});
    return count.elements().at(1).integer() > 0;
  }
  static void announce(const RedisServer& server, std::uint16_t port) {
    static_cast<void>(server.command({"PUBLISH",
                                      "+switch-master",
                                      std::string(RedisSentinels::kMasterName) +
                                          " 10.0.0.1 1 10.0.0.2 " + std::to_string(port)}));
  }

  /// How many commands the sentinel was given by others than this function.
  int questions(const RedisServer& sentinel) {
    const std::string stats = sentinel.command({"INFO", "stats"}).text();
    const std::string name = "total_commands_processed:";
    return std::stoi(stats.substr(stats.find(name) + name.size())) - counted_++;
  }
  /// Lets the sentinel watch another master from now on.
  static void change_master(const RedisServer& sentinel, const RedisServer& other) {
    sentinel.command({"SENTINEL", "REMOVE", RedisSentinels::kMasterName});
    sentinel.command({"SENTINEL",
                      "MONITOR",
                      RedisSentinels::kMasterName,
                      "127.0.0.1",
                      std::to_string(other.tcp_endpoint().port),
                      "1"});
  }
  static RedisAddress elsewhere() {
    RedisAddress address;
    address.host = "10.0.0.2";
    address.port = 7;
    return address;
  }

  boost::asio::io_context loop_{1};
  testing::LogSpy log_;
  std::shared_ptr<SentinelState> state_ = std::make_shared<SentinelState>([] {});
  std::shared_ptr<SentinelSubscription> subscription_;
  int counted_ = 0;
};

TEST_F(SentinelSubscriptionTest, AsksForTheMasterOnceItIsConnected) {
  const RedisServer master;
  const RedisServer sentinel({"--sentinel"}, sentinel_config(master, 1));

  subscribe(options({address_of(sentinel)}), kNever);
  run_until(loop_, [this] { return state_->master().has_value(); });

  EXPECT_EQ(state_->master(), address_of(master));
  EXPECT_EQ(log_.count(LogLevel::kWarning), 0U);
}

TEST_F(SentinelSubscriptionTest, HearsAtOnceOfAnotherMaster) {
  const RedisServer telling;
  subscribe(options({address_of(telling)}), kNever);
  run_until(loop_, [&] { return has_subscriber(telling); });

  announce(telling, 7);
  run_until(loop_, [this] { return state_->master().has_value(); });

  EXPECT_EQ(state_->master()->describe(), "10.0.0.2:7");
}

TEST_F(SentinelSubscriptionTest, FindsOutByItselfWhatIsNotTold) {
  const RedisServer master;
  const RedisServer other;
  const RedisServer sentinel({"--sentinel"}, sentinel_config(master, 1));
  subscribe(options({address_of(sentinel)}), std::chrono::milliseconds(5));
  run_until(loop_, [&] { return state_->master() == address_of(master); });

  change_master(sentinel, other);

  run_until(loop_, [&] { return state_->master() == address_of(other); });
}

TEST_F(SentinelSubscriptionTest, GoesOnAtAnotherSentinelWhenOneIsLost) {
  RedisServer first;
  const RedisServer second;
  subscribe(options({address_of(first), address_of(second)}), kNever);
  run_until(loop_, [&] { return has_subscriber(first); });

  first.kill();
  run_until(loop_, [&] { return has_subscriber(second); });
  announce(second, 8);
  run_until(loop_, [this] { return state_->master().has_value(); });

  EXPECT_EQ(state_->first(), 1U) << "it is the one to be asked";
}

TEST_F(SentinelSubscriptionTest, GoesOnAtAnotherSentinelWhenOneGivesNoSignOfLife) {
  RedisServer first;
  const RedisServer second;
  RedisClientOptions hasty = options({address_of(first), address_of(second)});
  hasty.connection.connect_budget = std::chrono::milliseconds(500);
  subscribe(hasty, std::chrono::milliseconds(5));
  run_until(loop_, [&] { return has_subscriber(first); });

  first.freeze();
  run_until(loop_, [&] { return has_subscriber(second); });
  first.thaw();
}

TEST_F(SentinelSubscriptionTest, WhatASentinelRepeatsIsNoNews) {
  const RedisServer master;
  const RedisServer sentinel({"--sentinel"}, sentinel_config(master, 1));
  subscribe(options({address_of(sentinel)}), std::chrono::milliseconds(5));
  run_until(loop_, [&] { return state_->master() == address_of(master); });

  state_->note_moved(elsewhere(), 0);
  run_until(loop_, [&, before = questions(sentinel)] { return questions(sentinel) > before + 3; });

  EXPECT_EQ(state_->master(), elsewhere());
}

TEST_F(SentinelSubscriptionTest, AnotherSentinelThatIsAloneWithItsWordIsNotBelieved) {
  const RedisServer master;
  RedisServer lost({"--sentinel"}, sentinel_config(master, 1));
  const RedisServer outdated({"--sentinel"}, sentinel_config(master, 1));
  const RedisAddress lost_address = address_of(lost);
  lost.kill();
  state_->note_moved(elsewhere(), 0);

  subscribe(options({lost_address, address_of(outdated)}), std::chrono::milliseconds(5));
  run_until(loop_, [&] { return questions(outdated) > 5; });

  EXPECT_EQ(state_->master(), elsewhere());
}

TEST_F(SentinelSubscriptionTest, TwoOtherSentinelsThatSayTheSameAreBelieved) {
  const RedisServer master;
  RedisServer lost({"--sentinel"}, sentinel_config(master, 1));
  const RedisServer one({"--sentinel"}, sentinel_config(master, 1));
  const RedisServer two({"--sentinel"}, sentinel_config(master, 1));
  const RedisAddress lost_address = address_of(lost);
  lost.kill();
  state_->note_moved(elsewhere(), 0);

  subscribe(options({lost_address, address_of(one), address_of(two)}),
            std::chrono::milliseconds(5));
  run_until(loop_, [&] { return state_->master() == address_of(master); });
}

TEST_F(SentinelSubscriptionTest, BeginsAtTheSentinelThatNamedTheMaster) {
  const RedisServer first;
  const RedisServer second;
  state_->note_found(address_of(first), 1, 0);

  subscribe(options({address_of(first), address_of(second)}), kNever);
  run_until(loop_, [&] { return has_subscriber(second); });

  EXPECT_FALSE(has_subscriber(first));
}

TEST_F(SentinelSubscriptionTest, NeedsNoMoreRightsThanAreDocumented) {
  const RedisServer master;
  const RedisServer sentinel({"--sentinel"}, sentinel_config(master, 1));
  ASSERT_FALSE(sentinel.command(testing::documented_acl("+subscribe")).is_error());
  RedisClientOptions documented = options({address_of(sentinel)});
  documented.sentinel_user = "refrain";
  documented.sentinel_password = "password";

  subscribe(documented, kNever);
  run_until(loop_, [&] { return state_->master() == address_of(master); });

  EXPECT_NE(sentinel.command({"CLIENT", "LIST"}).text().find("sub=1"), std::string::npos);
  EXPECT_EQ(log_.count(LogLevel::kWarning), 0U);
  EXPECT_TRUE(testing::is_nobody_refused(sentinel));
}

TEST_F(SentinelSubscriptionTest, AsksWhereItMayNotSubscribe) {
  const RedisServer master;
  const RedisServer sentinel({"--sentinel"}, sentinel_config(master, 1));
  sentinel.command({"ACL",
                    "SETUSER",
                    "weak",
                    "on",
                    ">secret",
                    "resetchannels",
                    "-@all",
                    "+sentinel|get-master-addr-by-name"});
  RedisClientOptions weak = options({address_of(sentinel)});
  weak.sentinel_user = "weak";
  weak.sentinel_password = "secret";

  subscribe(weak, std::chrono::milliseconds(5));
  run_until(loop_, [&] { return state_->master() == address_of(master); });
  EXPECT_EQ(log_.count(LogLevel::kWarning), 1U);

  sentinel.command({"CLIENT", "KILL", "TYPE", "normal"});
  state_->note_moved(address_of(sentinel), 0);
  run_until(loop_, [&] { return state_->master() == address_of(master); });
  EXPECT_EQ(log_.count(LogLevel::kWarning), 1U) << "once is enough";
}

TEST_F(SentinelSubscriptionTest, AsksWhereMessagesCannotBeSent) {
  const RedisServer master;
  const RedisServer sentinel({"--sentinel"}, sentinel_config(master, 1));
  RedisClientOptions old = options({address_of(sentinel)});
  old.connection.endpoint.protocol = RedisProtocol::kResp2;

  subscribe(old, std::chrono::milliseconds(5));
  run_until(loop_, [&] { return state_->master() == address_of(master); });
  const RedisServer other;
  change_master(sentinel, other);

  run_until(loop_, [&] { return state_->master() == address_of(other); });
  // A sentinel does not say who has subscribed, but how many channels each client has.
  EXPECT_EQ(sentinel.command({"CLIENT", "LIST"}).text().find("sub=1"), std::string::npos);
}

TEST_F(SentinelSubscriptionTest, HearsNothingOnceItIsStopped) {
  const RedisServer telling;
  subscribe(options({address_of(telling)}), kNever);
  run_until(loop_, [&] { return has_subscriber(telling); });

  subscription_->stop();
  run_until(loop_, [&] { return !has_subscriber(telling); });
  announce(telling, 7);
  loop_.poll();

  EXPECT_FALSE(state_->master().has_value());
}

}  // namespace
}  // namespace refrain
