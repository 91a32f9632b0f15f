// The tracker of a master that sentinels name.

#include "refrain/redis/redis_tracker.h"

#include "redis/documented_acl.h"
#include "redis/recording_change_listener.h"
#include "redis/redis_fixture.h"
#include "support/log_spy.h"
#include "support/manual_clock.h"
#include "support/redis_sentinels.h"
#include "support/sample_entry.h"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace refrain {
namespace {

using std::chrono::milliseconds;
using testing::kAmple;
using testing::RedisInstance;
using testing::RedisSentinels;
using testing::RedisServer;
using testing::run_until;
using testing::sample_key;

class RedisTrackerSentinelTest : public ::testing::Test {
protected:
  void listen(const RedisEndpoint& user = RedisEndpoint()) {
    RedisCache::Options options = testing::redis_options(user);
    options.servers.mode = RedisMode::kSentinel;
    options.servers.nodes = sentinels_.addresses();
    options.servers.master_name = RedisSentinels::kMasterName;
    instance_ = std::make_unique<RedisInstance>(options, clock_, loop_);
    RedisTracker::Options own;
    own.connection.endpoint = user;
    own.connection.connect_budget = kAmple;
    own.connection.command_budget = kAmple;
    own.connection.reconnect.longest = milliseconds(200);
    own.heartbeat = milliseconds(20);
    tracker_ = std::make_unique<RedisTracker>(own, instance_->cache(), loop_, listener_, log_);
    tracker_->start();
    run_until(loop_, [this] { return listener_.is_up; });
  }

  void expect_heard(const RedisServer& server) {
    listener_.changed.clear();
    server.command({"SET", "refrain:1:text:1:" + sample_key("a").to_hex(), "x"});
    run_until(loop_, [this] { return listener_.has("a"); });
  }

  RedisSentinels& sentinels_ = RedisSentinels::shared();
  testing::ManualClock clock_;
  testing::LogSpy log_;
  testing::RecordingChangeListener listener_;
  boost::asio::io_context loop_{1};
  std::unique_ptr<RedisInstance> instance_;
  std::unique_ptr<RedisTracker> tracker_;
};

TEST_F(RedisTrackerSentinelTest, GoesWithTheMasterThroughAFailover) {
  listen();
  expect_heard(sentinels_.master());

  sentinels_.master().kill();
  run_until(loop_, [this] { return !listener_.is_up; });
  run_until(loop_, [this] { return listener_.is_up; });

  expect_heard(sentinels_.master());
}

TEST_F(RedisTrackerSentinelTest, LeavesAMasterThatTheSentinelsHaveReplacedThoughItStillTells) {
  listen();
  const RedisServer& former = sentinels_.master();

  sentinels_.cut_master_off();
  run_until(loop_, [this] { return listener_.downs > 0; });
  EXPECT_EQ(former.command({"ROLE"}).elements().at(0).text(), "master");
  run_until(loop_, [this] { return listener_.is_up; });
  former.command({"SET", "refrain:1:text:1:" + sample_key("of the former").to_hex(), "x"});
  expect_heard(sentinels_.master());

  EXPECT_NE(&former, &sentinels_.master());
  EXPECT_FALSE(listener_.has("of the former"));
}

TEST_F(RedisTrackerSentinelTest, NeedsNoMoreRightsThanAreDocumented) {
  const RedisServer& master = sentinels_.master();
  std::vector<std::string> acl = testing::documented_acl();
  acl.emplace_back("+role");
  ASSERT_FALSE(master.command(acl).is_error());
  master.command({"ACL", "LOG", "RESET"});
  RedisEndpoint user;
  user.user = "refrain";
  user.password = "password";

  listen(user);
  expect_heard(master);

  EXPECT_EQ(log_.count(LogLevel::kWarning), 0U);
  EXPECT_TRUE(testing::is_nobody_refused(master));
  master.command({"ACL", "DELUSER", "refrain"});
}

}  // namespace
}  // namespace refrain
