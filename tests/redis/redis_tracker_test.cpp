#include "refrain/redis/redis_tracker.h"

#include "redis/documented_acl.h"
#include "redis/recording_change_listener.h"
#include "redis/redis_fixture.h"
#include "support/log_spy.h"
#include "support/manual_clock.h"
#include "support/redis_server.h"
#include "support/run.h"
#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace refrain {
namespace {

using std::chrono::milliseconds;
using testing::kAmple;
using testing::redis_options;
using testing::RedisInstance;
using testing::RedisServer;
using testing::run;
using testing::run_until;
using testing::sample_entry;
using testing::sample_key;

class RedisTrackerTest : public ::testing::Test {
protected:
  void SetUp() override { loop_.restart(); }

  static RedisTracker::Options options(const RedisEndpoint& endpoint) {
    RedisTracker::Options options;
    options.connection.endpoint = endpoint;
    options.connection.connect_budget = kAmple;
    options.connection.command_budget = kAmple;
    options.connection.reconnect.first = milliseconds(1);
    options.connection.reconnect.longest = milliseconds(5);
    return options;
  }

  /// An instance that listens with `options`.
  void listen(const RedisTracker::Options& options) {
    instance_ =
        std::make_unique<RedisInstance>(redis_options(options.connection.endpoint), clock_, loop_);
    instance_->ready();
    tracker_ = std::make_unique<RedisTracker>(options, instance_->cache(), loop_, listener_, log_);
    tracker_->start();
  }
  void listen(const RedisServer& server) {
    listen(options(server.unix_endpoint()));
    run_until(loop_, [this] { return listener_.is_up; });
  }

  [[nodiscard]] TrackingStats stats() const {
    return instance_->cache().stats().remote->tracking.value();
  }

  static std::string name_of(std::string_view key, std::string_view service = "text") {
    return "refrain:1:" + std::string(service) + ":1:" + sample_key(key).to_hex();
  }

  testing::ManualClock clock_;
  testing::LogSpy log_;
  testing::RecordingChangeListener listener_;
  boost::asio::io_context loop_{1};
  std::unique_ptr<RedisInstance> instance_;
  std::unique_ptr<RedisTracker> tracker_;
};

TEST_F(RedisTrackerTest, GoesWithItsLoopWhateverItWaitsFor) {
  RedisServer server;
  RedisTracker::Options hasty = options(server.unix_endpoint());
  hasty.heartbeat = milliseconds(1);
  listen(hasty);
  run_until(loop_, [this] { return listener_.is_up; });

  server.freeze();
  loop_.run_for(milliseconds(20));

  EXPECT_TRUE(stats().is_up) << "it waits for a sign of life";
  // The connection, who waits for it and the loop go now, as LeakSanitizer sees.
}

TEST_F(RedisTrackerTest, TellsOfWhatOthersWriteAndErase) {
  const RedisServer server;
  listen(server);

  static_cast<void>(server.command({"SET", name_of("a"), "whatever"}));
  run_until(loop_, [this] { return listener_.has("a"); });
  listener_.changed.clear();
  static_cast<void>(server.command({"DEL", name_of("a")}));
  run_until(loop_, [this] { return listener_.has("a"); });

  EXPECT_EQ(stats().changes, 2);
  EXPECT_TRUE(stats().is_up);
}

TEST_F(RedisTrackerTest, WhatWaitsToBeWrittenIsForgottenOnceItsKeyHasChanged) {
  const RedisServer server;
  listen(server);
  RedisCache& cache = instance_->cache();
  cache.insert_later(sample_entry(sample_key("a"), clock_.now()));
  cache.insert_later(sample_entry(sample_key("b"), clock_.now()));
  static_cast<void>(server.command({"SET", name_of("a"), "whatever"}));
  static_cast<void>(server.command({"DEL", name_of("a")}));
  run_until(loop_, [this] { return listener_.has("a"); });

  run(loop_, cache.sweep());

  EXPECT_EQ(server.command({"EXISTS", name_of("a")}).integer(), 0) << "another has purged it";
  EXPECT_EQ(server.command({"EXISTS", name_of("b")}).integer(), 1);
}

TEST_F(RedisTrackerTest, TellsOfWhatExpires) {
  const RedisServer server;
  listen(server);

  static_cast<void>(server.command({"SET", name_of("a"), "whatever", "PX", "1"}));
  run_until(loop_, [this] { return listener_.has("a"); });
  listener_.changed.clear();

  run_until(loop_, [this, &server] {
    static_cast<void>(server.command({"GET", name_of("a")}));
    return listener_.has("a");
  });
}

TEST_F(RedisTrackerTest, TellsOfThisInstancesOwnWrites) {
  const RedisServer server;
  listen(server);

  run(loop_, instance_->cache().insert(sample_entry(sample_key("a"), clock_.now()))).value();

  run_until(loop_, [this] { return listener_.has("a"); });
}

TEST_F(RedisTrackerTest, TellsNothingOfOtherKeys) {
  const RedisServer server;
  listen(server);

  static_cast<void>(server.command({"SET", name_of("theirs", "sticker"), "x"}));
  static_cast<void>(server.command({"SET", "another program's", "x"}));
  static_cast<void>(server.command({"SET", "refrain:1:text:1:no digest", "x"}));
  static_cast<void>(server.command({"SET", name_of("ours"), "x"}));
  run_until(loop_, [this] { return listener_.has("ours"); });

  EXPECT_EQ(listener_.changed.size(), 1U);
}

TEST_F(RedisTrackerTest, TellsOfAFlush) {
  const RedisServer server;
  listen(server);

  static_cast<void>(server.command({"FLUSHALL"}));
  run_until(loop_, [this] { return listener_.flushes > 0; });

  EXPECT_EQ(stats().flushes, 1);
}

TEST_F(RedisTrackerTest, AdoptsTheEpochThatAnotherInstanceRaised) {
  const RedisServer server;
  listen(server);

  static_cast<void>(server.command({"INCRBY", "refrain:1:text:epoch", "7"}));
  run_until(loop_, [this] { return listener_.epochs > 0; });

  EXPECT_EQ(instance_->epoch().value(), 7U);
}

TEST_F(RedisTrackerTest, HearsOfTheEpochAloneIfThatIsAllItIsToHear) {
  const RedisServer server;
  RedisTracker::Options epoch_only = options(server.unix_endpoint());
  epoch_only.scope = RedisTracker::Scope::kEpoch;
  listen(epoch_only);
  run_until(loop_, [this] { return listener_.is_up; });

  static_cast<void>(server.command({"SET", name_of("a"), "x"}));
  static_cast<void>(server.command({"INCRBY", "refrain:1:text:epoch", "7"}));
  run_until(loop_, [this] { return listener_.epochs > 0; });

  EXPECT_EQ(instance_->epoch().value(), 7U);
  EXPECT_TRUE(listener_.changed.empty());
}

TEST_F(RedisTrackerTest, KnowsTheEpochBeforeItIsUp) {
  const RedisServer server;
  listen(server);
  static_cast<void>(server.command({"CLIENT", "KILL", "TYPE", "normal"}));
  static_cast<void>(server.command({"SET", "refrain:1:text:epoch", "9"}));

  run_until(loop_, [this] { return listener_.ups == 2; });

  EXPECT_EQ(instance_->epoch().value(), 9U);
}

TEST_F(RedisTrackerTest, IsDownOnceItsConnectionIsKilledAndUpAgainAfterwards) {
  const RedisServer server;
  listen(server);

  static_cast<void>(server.command({"CLIENT", "KILL", "TYPE", "normal"}));
  run_until(loop_, [this] { return !listener_.is_up || listener_.ups == 2; });
  run_until(loop_, [this] { return listener_.ups == 2; });

  EXPECT_EQ(stats().losses, 1);
  EXPECT_TRUE(stats().is_up);
  static_cast<void>(server.command({"SET", name_of("a"), "x"}));
  run_until(loop_, [this] { return listener_.has("a"); });
}

TEST_F(RedisTrackerTest, IsDownWhileTheServerIsDead) {
  RedisServer server;
  listen(server);

  server.kill();
  run_until(loop_, [this] { return !listener_.is_up; });
  EXPECT_FALSE(stats().is_up);

  server.start();
  run_until(loop_, [this] { return listener_.is_up; });
}

TEST_F(RedisTrackerTest, IsDownWhenTheServerGivesNoSignOfLife) {
  RedisServer server;
  RedisTracker::Options hasty = options(server.unix_endpoint());
  hasty.heartbeat = milliseconds(10);
  hasty.connection.command_budget = milliseconds(500);
  listen(hasty);
  run_until(loop_, [this] { return listener_.is_up; });

  server.freeze();
  run_until(loop_, [this] { return !listener_.is_up; });
  server.thaw();

  run_until(loop_, [this] { return listener_.is_up; });
}

TEST_F(RedisTrackerTest, SaysSoWhenRedisDoesNotTrackForThisUser) {
  const RedisServer server;
  static_cast<void>(server.command(
      {"ACL", "SETUSER", "weak", "on", ">secret", "~refrain:*", "+@all", "-client|tracking"}));
  RedisEndpoint endpoint = server.unix_endpoint();
  endpoint.user = "weak";
  endpoint.password = "secret";

  listen(options(endpoint));
  run_until(loop_, [this] { return log_.count(LogLevel::kWarning) > 0; });

  EXPECT_FALSE(listener_.is_up);
  EXPECT_FALSE(stats().is_up);
  EXPECT_TRUE(instance_->cache().is_available());
}

TEST_F(RedisTrackerTest, NeedsNoMoreRightsThanAreDocumented) {
  const RedisServer server;

  listen(options(testing::documented_user(server)));
  run_until(loop_, [this] { return listener_.is_up; });
  static_cast<void>(server.command({"SET", name_of("a"), "x"}));
  run_until(loop_, [this] { return listener_.has("a"); });
  static_cast<void>(server.command({"INCRBY", "refrain:1:text:epoch", "7"}));
  run_until(loop_, [this] { return listener_.epochs > 0; });

  EXPECT_EQ(instance_->epoch().value(), 7U);
  EXPECT_EQ(log_.count(LogLevel::kWarning), 0U);
  EXPECT_TRUE(testing::is_nobody_refused(server));
}

TEST_F(RedisTrackerTest, SpeaksTheNewProtocolWhateverTheOthersDo) {
  const RedisServer server;
  RedisEndpoint endpoint = server.unix_endpoint();
  endpoint.protocol = RedisProtocol::kResp2;

  listen(options(endpoint));
  run_until(loop_, [this] { return listener_.is_up; });
  static_cast<void>(server.command({"SET", name_of("a"), "x"}));

  run_until(loop_, [this] { return listener_.has("a"); });
}

TEST_F(RedisTrackerTest, TellsNothingOnceItIsStopped) {
  const RedisServer server;
  listen(server);

  tracker_->stop();
  run_until(loop_, [&server] {
    return server.command({"CLIENT", "LIST"}).text().find("flags=tB") == std::string::npos;
  });
  static_cast<void>(server.command({"SET", name_of("a"), "x"}));
  loop_.poll();

  EXPECT_TRUE(listener_.changed.empty());
  EXPECT_TRUE(listener_.is_up);  // nobody said otherwise
}

}  // namespace
}  // namespace refrain
