#include "refrain/redis/redis_generation_lease.h"

#include "redis/documented_acl.h"
#include "redis/redis_fixture.h"
#include "support/log_spy.h"
#include "support/manual_clock.h"
#include "support/redis_server.h"
#include "support/run.h"
#include "support/sample_entry.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace refrain {
namespace {

using std::chrono::milliseconds;
using testing::kAmple;
using testing::redis_options;
using testing::RedisInstance;
using testing::RedisServer;
using testing::run;
using testing::run_until;
using testing::sample_key;

using Outcome = GenerationLease::Outcome;
using Turn = GenerationLease::Turn;
using Hold = GenerationLease::Hold;

/// One instance of a service with its lease.
class Instance {
public:
  Instance(const RedisCache::Options& options,
           const RedisGenerationLease::Options& lease_options,
           const Clock& clock,
           boost::asio::io_context& loop)
      : redis_(options, clock, loop),
        lease_(lease_options, redis_.ready(), log_) {}

  [[nodiscard]] RedisGenerationLease& lease() { return lease_; }
  [[nodiscard]] RedisCache& redis() { return redis_.cache(); }
  [[nodiscard]] const testing::LogSpy& log() const { return log_; }

private:
  testing::LogSpy log_;
  RedisInstance redis_;
  RedisGenerationLease lease_;
};

class RedisGenerationLeaseTest : public ::testing::Test {
protected:
  void SetUp() override { loop_.restart(); }

  /// Leases that no test outlives, unless it lets them end.
  static RedisGenerationLease::Options lasting(std::uint64_t seed) {
    RedisGenerationLease::Options options;
    options.duration = kAmple;
    options.seed = seed;
    return options;
  }
  static RedisGenerationLease::Options brief(std::uint64_t seed) {
    RedisGenerationLease::Options options;
    options.duration = milliseconds(150);
    options.seed = seed;
    return options;
  }

  std::unique_ptr<Instance> instance(const RedisGenerationLease::Options& options) {
    return std::make_unique<Instance>(
        redis_options(server_.unix_endpoint()), options, clock_, loop_);
  }

  Turn take(Instance& instance, milliseconds patience = kAmple) {
    return run(loop_, instance.lease().take(key_, GenerationLease::Patience(patience)));
  }

  /// Begins to take a turn; the result is there once it has ended.
  std::shared_ptr<std::optional<Turn>> start_to_take(Instance& instance) {
    auto turn = std::make_shared<std::optional<Turn>>();
    boost::asio::co_spawn(
        loop_.get_executor(),
        testing::keep_result(instance.lease().take(key_, GenerationLease::Patience(kAmple)), turn),
        boost::asio::detached);
    return turn;
  }

  /// Of a tier that is not waited for longer than that, though a reply may take far longer.
  static RedisCache::Options impatient(const RedisServer& server, milliseconds soft_budget) {
    RedisCache::Options options = redis_options(server.unix_endpoint());
    options.soft_budget = soft_budget;
    return options;
  }

  [[nodiscard]] std::string lease_in_redis(Instance& instance) const {
    return server_.command({"GET", instance.lease().key_name(key_)}).text();
  }

  const RedisServer server_;
  testing::ManualClock clock_;
  boost::asio::io_context loop_{1};
  const CacheKey key_ = sample_key("the key");
};

TEST_F(RedisGenerationLeaseTest, IsAKeyWithALifetime) {
  const auto first = instance(lasting(1));

  Turn turn = take(*first);
  const std::unique_ptr<Hold> hold = turn.take_hold();

  ASSERT_EQ(turn.outcome(), Outcome::kMine);
  EXPECT_TRUE(hold->is_kept());
  const std::string name = "refrain:1:lease:text:" + key_.to_hex();
  EXPECT_EQ(first->lease().key_name(key_), name);
  EXPECT_EQ(server_.command({"GET", name}).text(), "0000000000000001:0");
  EXPECT_GT(server_.command({"PTTL", name}).integer(), 0);
}

TEST_F(RedisGenerationLeaseTest, IsGivenToOneAtATime) {
  const auto first = instance(lasting(1));
  const auto second = instance(lasting(2));
  Turn turn = take(*first);
  const std::unique_ptr<Hold> hold = turn.take_hold();

  const Turn other = take(*second, milliseconds(20));

  EXPECT_EQ(other.outcome(), Outcome::kTooLong);
  EXPECT_GE(other.waited(), milliseconds(20));
}

TEST_F(RedisGenerationLeaseTest, EndsTheWaitingWhenItIsReleased) {
  const auto first = instance(lasting(1));
  const auto second = instance(lasting(2));
  Turn turn = take(*first);
  const std::unique_ptr<Hold> hold = turn.take_hold();
  const auto waiting = start_to_take(*second);
  run_until(loop_, [&] { return second->redis().stats().remote->latency_p50_ms > 0; });
  EXPECT_FALSE(waiting->has_value());

  hold->release();
  run_until(loop_, [&] { return waiting->has_value(); });

  EXPECT_EQ((*waiting)->outcome(), Outcome::kEnded);
  EXPECT_EQ(take(*second).outcome(), Outcome::kMine);
}

TEST_F(RedisGenerationLeaseTest, IsRenewedWhileItsHolderWorks) {
  const auto first = instance(brief(1));
  const auto second = instance(brief(2));
  Turn turn = take(*first);
  const std::unique_ptr<Hold> hold = turn.take_hold();

  const Turn other = take(*second, milliseconds(450));

  EXPECT_EQ(other.outcome(), Outcome::kTooLong);
  EXPECT_TRUE(hold->is_kept());
  EXPECT_EQ(lease_in_redis(*first), "0000000000000001:0");
}

TEST_F(RedisGenerationLeaseTest, EndsByItselfWhenItsHolderDies) {
  const auto second = instance(brief(2));
  {
    const auto first = instance(brief(1));
    Turn turn = take(*first);
    ASSERT_EQ(turn.outcome(), Outcome::kMine);
    static_cast<void>(turn.take_hold());  // and neither released nor renewed
  }

  const Turn other = take(*second);

  EXPECT_EQ(other.outcome(), Outcome::kEnded);
  EXPECT_EQ(take(*second).outcome(), Outcome::kMine);
}

TEST_F(RedisGenerationLeaseTest, IsNotReleasedByOneWhoHasLostIt) {
  const auto first = instance(lasting(1));
  Turn turn = take(*first);
  const std::unique_ptr<Hold> hold = turn.take_hold();
  const std::string name = first->lease().key_name(key_);
  static_cast<void>(server_.command({"SET", name, "another's"}));

  hold->release();
  // What was sent before this was carried out before this.
  static_cast<void>(run(loop_, first->redis().execute(RedisCommand({"GET", name}))));

  EXPECT_EQ(lease_in_redis(*first), "another's");
}

TEST_F(RedisGenerationLeaseTest, IsKnownToBeLostOnceAnotherHasIt) {
  const auto first = instance(brief(1));
  Turn turn = take(*first);
  const std::unique_ptr<Hold> hold = turn.take_hold();
  static_cast<void>(server_.command({"SET", first->lease().key_name(key_), "another's"}));

  run_until(loop_, [&] { return !hold->is_kept(); });

  EXPECT_EQ(lease_in_redis(*first), "another's");
  EXPECT_EQ(server_.command({"PTTL", first->lease().key_name(key_)}).integer(), -1);
}

TEST_F(RedisGenerationLeaseTest, OfAnotherKeyIsAnotherMatter) {
  const auto first = instance(lasting(1));
  const auto second = instance(lasting(2));
  Turn turn = take(*first);
  const std::unique_ptr<Hold> hold = turn.take_hold();

  const Turn other =
      run(loop_, second->lease().take(sample_key("another"), GenerationLease::Patience(kAmple)));

  EXPECT_EQ(other.outcome(), Outcome::kMine);
}

TEST_F(RedisGenerationLeaseTest, AHolderThatFollowsADeadOneIsWaitedForAnew) {
  const auto first = instance(lasting(1));
  const std::string name = first->lease().key_name(key_);
  static_cast<void>(server_.command({"SET", name, "dying"}));
  const auto waiting = start_to_take(*first);
  run_until(loop_, [&] { return first->redis().stats().remote->latency_p50_ms > 0; });

  // Each look sees another holder than the one before, or none.
  int holders = 0;
  run_until(loop_, [&] {
    static_cast<void>(server_.command({"SET", name, "holder " + std::to_string(++holders)}));
    return waiting->has_value();
  });

  EXPECT_EQ((*waiting)->outcome(), Outcome::kEnded);
}

TEST_F(RedisGenerationLeaseTest, IsNotAskedForWhileRedisIsAway) {
  RedisServer mortal;
  Instance alone(redis_options(mortal.unix_endpoint()), lasting(1), clock_, loop_);
  mortal.kill();
  run_until(loop_, [&] { return !alone.redis().is_available(); });

  const Turn turn = take(alone);

  EXPECT_EQ(turn.outcome(), Outcome::kAway);
  EXPECT_EQ(turn.waited(), milliseconds(0));
}

TEST_F(RedisGenerationLeaseTest, IsNotWaitedForOnceRedisDies) {
  RedisServer mortal;
  Instance waiter(redis_options(mortal.unix_endpoint()), lasting(1), clock_, loop_);
  static_cast<void>(mortal.command({"SET", waiter.lease().key_name(key_), "another's"}));
  const auto waiting = start_to_take(waiter);
  run_until(loop_, [&] { return waiter.redis().stats().remote->latency_p50_ms > 0; });

  mortal.kill();
  run_until(loop_, [&] { return waiting->has_value(); });

  EXPECT_EQ((*waiting)->outcome(), Outcome::kAway);
}

TEST_F(RedisGenerationLeaseTest, IsNotUsedByAUserWhoMayNotRunScripts) {
  static_cast<void>(
      server_.command({"ACL", "SETUSER", "weak", "on", ">secret", "~refrain:*", "+@all", "-eval"}));
  RedisEndpoint endpoint = server_.unix_endpoint();
  endpoint.user = "weak";
  endpoint.password = "secret";
  Instance weak(redis_options(endpoint), lasting(1), clock_, loop_);
  Turn first = take(weak);
  const std::unique_ptr<Hold> hold = first.take_hold();
  ASSERT_EQ(first.outcome(), Outcome::kMine);
  hold->release();

  run_until(loop_, [&] { return take(weak, milliseconds(1)).outcome() == Outcome::kAway; });

  EXPECT_EQ(weak.log().count(LogLevel::kWarning), 1U);
}

TEST_F(RedisGenerationLeaseTest, GoesOnAfterAServerThatCouldNotRunAScriptForAMoment) {
  const auto first = instance(lasting(1));
  Turn turn = take(*first);
  const std::unique_ptr<Hold> hold = turn.take_hold();
  ASSERT_EQ(turn.outcome(), Outcome::kMine);
  const std::string name = first->lease().key_name(key_);

  static_cast<void>(server_.command({"REPLICAOF", "127.0.0.1", "1"}));
  hold->release();
  // What was sent before this was refused before this.
  static_cast<void>(run(loop_, first->redis().execute(RedisCommand({"GET", name}))));
  static_cast<void>(server_.command({"REPLICAOF", "NO", "ONE"}));

  ASSERT_EQ(lease_in_redis(*first), "0000000000000001:0") << "it was not released";
  EXPECT_EQ(
      run(loop_, first->lease().take(sample_key("another"), GenerationLease::Patience(kAmple)))
          .outcome(),
      Outcome::kMine);
  EXPECT_EQ(first->log().count(LogLevel::kWarning), 0U);
}

TEST_F(RedisGenerationLeaseTest, NeedsNoMoreRightsThanAreDocumented) {
  Instance first(redis_options(testing::documented_user(server_)), brief(1), clock_, loop_);
  Turn turn = take(first);
  const std::unique_ptr<Hold> hold = turn.take_hold();
  ASSERT_EQ(turn.outcome(), Outcome::kMine);

  EXPECT_EQ(take(first, milliseconds(450)).outcome(), Outcome::kTooLong) << "it is renewed";
  hold->release();
  // What was sent before this is carried out before this.
  EXPECT_EQ(take(first).outcome(), Outcome::kMine);

  EXPECT_EQ(first.log().count(LogLevel::kWarning), 0U);
  EXPECT_TRUE(testing::is_nobody_refused(server_));
}

TEST_F(RedisGenerationLeaseTest, IsWaitedForNoLongerThanAnEntry) {
  RedisServer frozen;
  Instance first(impatient(frozen, milliseconds(50)), lasting(1), clock_, loop_);
  frozen.freeze();

  const Turn turn = take(first);

  EXPECT_EQ(turn.outcome(), Outcome::kAway);
  EXPECT_EQ(first.redis().stats().errors, 0) << "its reply may still come";
}

TEST_F(RedisGenerationLeaseTest, IsGivenBackIfItComesTooLate) {
  RedisServer frozen;
  Instance first(impatient(frozen, milliseconds(50)), lasting(1), clock_, loop_);
  frozen.freeze();
  ASSERT_EQ(take(first).outcome(), Outcome::kAway);

  frozen.thaw();
  run_until(loop_, [&frozen] {
    return frozen.command({"INFO", "commandstats"}).text().find("cmdstat_eval:") !=
           std::string::npos;
  });

  EXPECT_EQ(frozen.command({"EXISTS", first.lease().key_name(key_)}).integer(), 0);
}

TEST_F(RedisGenerationLeaseTest, LooksAtAnothersLeaseNoLongerThanAtAnEntry) {
  RedisServer frozen;
  Instance waiter(impatient(frozen, milliseconds(500)), lasting(1), clock_, loop_);
  static_cast<void>(frozen.command({"SET", waiter.lease().key_name(key_), "another's"}));
  const auto waiting = start_to_take(waiter);
  run_until(loop_, [&] { return waiter.redis().stats().remote->latency_p50_ms > 0; });
  ASSERT_FALSE(waiting->has_value());

  frozen.freeze();
  run_until(loop_, [&] { return waiting->has_value(); });

  EXPECT_EQ((*waiting)->outcome(), Outcome::kAway);
  EXPECT_EQ(waiter.redis().stats().errors, 0) << "its reply may still come";
}

}  // namespace
}  // namespace refrain
