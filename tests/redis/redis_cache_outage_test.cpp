#include "refrain/redis/redis_cache.h"

#include "redis/redis_fixture.h"
#include "support/manual_clock.h"
#include "support/redis_server.h"
#include "support/run.h"
#include "support/sample_entry.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace refrain {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::redis_options;
using testing::RedisInstance;
using testing::RedisServer;
using testing::run;
using testing::run_until;
using testing::sample_entry;
using testing::sample_key;

std::string name_of(std::string_view key, int epoch = 1) {
  return "refrain:1:text:" + std::to_string(epoch) + ":" + sample_key(key).to_hex();
}

class RedisCacheOutage : public ::testing::Test {
protected:
  void SetUp() override { loop_.restart(); }

  [[nodiscard]] RedisCache::Options options() const {
    RedisCache::Options options = redis_options(server_.unix_endpoint());
    // Long enough for a loaded machine, and not too long for a test of what takes longer.
    options.command_budget = milliseconds(1000);
    options.connect_budget = milliseconds(1000);
    return options;
  }

  [[nodiscard]] Entry entry(std::string_view key,
                            std::string_view body = R"({"words":["to"]})") const {
    return sample_entry(sample_key(key), clock_.now(), body);
  }

  Result<InsertOutcome> insert(RedisCache& cache, const Entry& entry) {
    return run(loop_, cache.insert(entry));
  }
  bool finds(RedisCache& cache, std::string_view key) {
    const Result<std::optional<Entry>> found = run(loop_, cache.find(sample_key(key)));
    return found && found->has_value() && !(*found)->is_erasure();
  }
  bool erase(RedisCache& cache, std::string_view key) {
    return run(loop_, cache.erase(sample_key(key))).value();
  }
  void sweep(RedisCache& cache) { run(loop_, cache.sweep()); }

  static RecoveryStats recovery_of(const RedisCache& cache) {
    return cache.stats().remote.value().recovery;
  }

  /// Asks until the tier knows that Redis is away.
  void notice_outage(RedisCache& cache) {
    run_until(loop_, [&] {
      finds(cache, "nothing");
      return !cache.is_available();
    });
  }

  /// Waits for the connection, which is not yet to say that the tier may be asked.
  void wait_for_connection(const RedisInstance& instance, std::size_t times) {
    run_until(loop_, [&] { return instance.log().count(LogLevel::kInfo) >= times; });
    clock_.advance(seconds(60));  // the breaker lets a probe through
  }

  /// Redis is back and the tier has swept.
  void recover(RedisInstance& instance) {
    wait_for_connection(instance, 2);
    sweep(instance.cache());
    ASSERT_TRUE(instance.cache().is_available());
  }

  /// Freezes the server while the one command that has room in the queue waits for it.
  void fill_queue(RedisCache& cache) {
    server_.freeze();
    const auto on_found = [this](const std::exception_ptr& /*failure*/,
                                 const Result<std::optional<Entry>>& /*found*/) {
      is_queue_full_ = false;
    };
    is_queue_full_ = true;
    boost::asio::co_spawn(loop_, cache.find(sample_key("waits")), on_found);
    loop_.restart();
    loop_.poll();
  }
  void empty_queue() {
    server_.thaw();
    run_until(loop_, [this] { return !is_queue_full_; });
    clock_.advance(seconds(60));  // the breaker lets a probe through, and replays have their time
  }

  std::string stored(std::string_view key, int epoch = 1) {
    return server_.command({"GET", name_of(key, epoch)}).text();
  }

  testing::ManualClock clock_;
  boost::asio::io_context loop_{1};
  RedisServer server_;
  bool is_queue_full_ = false;
};

TEST_F(RedisCacheOutage, BringsWhatWasMissedToARedisThatWasKilledAndIsBack) {
  RedisInstance instance(options(), clock_, loop_);
  RedisCache& cache = instance.ready();
  server_.kill();
  EXPECT_FALSE(insert(cache, entry("failed")).has_value());
  notice_outage(cache);
  cache.insert_later(entry("skipped"));
  EXPECT_EQ(recovery_of(cache).waiting, 2);
  EXPECT_GT(recovery_of(cache).waiting_bytes, 0);

  server_.start();
  recover(instance);

  EXPECT_TRUE(finds(cache, "failed"));
  EXPECT_TRUE(finds(cache, "skipped"));
  EXPECT_GT(server_.command({"PTTL", name_of("skipped")}).integer(), 0);
  EXPECT_EQ(recovery_of(cache).waiting, 0);
  EXPECT_EQ(recovery_of(cache).waiting_bytes, 0);
  EXPECT_EQ(recovery_of(cache).replayed, 2);
}

TEST_F(RedisCacheOutage, TheLastWriteOfAKeyWins) {
  RedisInstance instance(options(), clock_, loop_);
  RedisCache& cache = instance.ready();
  server_.kill();
  notice_outage(cache);
  cache.insert_later(entry("a", R"("first")"));
  clock_.advance(milliseconds(1));
  cache.insert_later(entry("a", R"("last")"));

  server_.start();
  recover(instance);

  EXPECT_NE(stored("a").find(R"("last")"), std::string::npos);
  EXPECT_EQ(recovery_of(cache).replayed, 1);
}

TEST_F(RedisCacheOutage, AWriteThatReachesRedisReplacesOneThatWaits) {
  RedisInstance instance(options(), clock_, loop_);
  RedisCache& cache = instance.ready();
  cache.insert_later(entry("a", R"("waits")"));

  insert(cache, entry("a", R"("written")")).value();
  sweep(cache);

  EXPECT_NE(stored("a").find(R"("written")"), std::string::npos);
  EXPECT_EQ(recovery_of(cache).waiting, 0);
}

TEST_F(RedisCacheOutage, AReplayLeavesWhatAnotherInstanceHasWrittenMeanwhile) {
  RedisInstance instance(options(), clock_, loop_);
  RedisInstance other(options(), clock_, loop_);
  RedisCache& cache = instance.ready();
  cache.insert_later(entry("a", R"("missed")"));
  cache.insert_later(entry("b"));
  insert(other.ready(), entry("a", R"("newer")")).value();

  sweep(cache);

  EXPECT_NE(stored("a").find(R"("newer")"), std::string::npos);
  EXPECT_TRUE(finds(cache, "b")) << "the round goes on";
  EXPECT_EQ(recovery_of(cache).waiting, 0);
  EXPECT_EQ(recovery_of(cache).replayed, 1);
  EXPECT_EQ(recovery_of(cache).dropped, 1);
  EXPECT_EQ(cache.stats().insertions, 1) << "only what it has written";
}

TEST_F(RedisCacheOutage, AReplayThatFoundNoRoomInTheQueueIsTriedAgain) {
  RedisCache::Options narrow = options();
  narrow.max_queued_commands = 1;
  RedisInstance instance(narrow, clock_, loop_);
  RedisCache& cache = instance.ready();
  cache.insert_later(entry("a"));
  fill_queue(cache);

  sweep(cache);

  EXPECT_EQ(recovery_of(cache).waiting, 1);
  EXPECT_EQ(recovery_of(cache).dropped, 0);
  empty_queue();
  sweep(cache);
  EXPECT_TRUE(finds(cache, "a"));
}

TEST_F(RedisCacheOutage, AnErasureThatFoundNoRoomInTheQueueIsDoneLater) {
  RedisCache::Options narrow = options();
  narrow.max_queued_commands = 1;
  RedisInstance instance(narrow, clock_, loop_);
  RedisCache& cache = instance.ready();
  insert(cache, entry("a")).value();
  fill_queue(cache);

  EXPECT_FALSE(run(loop_, cache.erase(sample_key("a"))).has_value());

  EXPECT_EQ(recovery_of(cache).erasures_waiting, 1);
  empty_queue();
  sweep(cache);
  EXPECT_FALSE(finds(cache, "a"));
  EXPECT_EQ(recovery_of(cache).erasures_waiting, 0);
}

TEST_F(RedisCacheOutage, AnErasureThatRedisRefusesIsNotOwed) {
  RedisInstance instance(options(), clock_, loop_);
  RedisCache& cache = instance.ready();
  server_.command({"REPLICAOF", "127.0.0.1", "1"});

  EXPECT_FALSE(run(loop_, cache.erase(sample_key("a"))).has_value());

  EXPECT_EQ(recovery_of(cache).erasures_waiting, 0);
  EXPECT_TRUE(cache.is_available());
}

TEST_F(RedisCacheOutage, RemembersNoMoreThanItsBound) {
  RedisCache::Options bounded = options();
  bounded.max_missed_inserts = 2;
  RedisInstance instance(bounded, clock_, loop_);
  RedisCache& cache = instance.ready();
  server_.kill();
  notice_outage(cache);

  for (const std::string_view key : {"a", "b", "c"})
    cache.insert_later(entry(key));

  EXPECT_EQ(recovery_of(cache).waiting, 2);
  EXPECT_EQ(recovery_of(cache).dropped, 1);
}

TEST_F(RedisCacheOutage, DropsWhatIsOverBeforeRedisIsBack) {
  RedisInstance instance(options(), clock_, loop_);
  RedisCache& cache = instance.ready();
  server_.kill();
  notice_outage(cache);
  cache.insert_later(entry("a"));
  clock_.advance(std::chrono::hours(2));

  server_.start();
  recover(instance);

  EXPECT_FALSE(finds(cache, "a"));
  EXPECT_EQ(recovery_of(cache).expired, 1);
  EXPECT_EQ(recovery_of(cache).waiting, 0);
}

TEST_F(RedisCacheOutage, ReplaysAtABoundedRate) {
  RedisCache::Options slow = options();
  slow.replays_per_second = 10;
  RedisInstance instance(slow, clock_, loop_);
  RedisCache& cache = instance.ready();
  sweep(cache);
  for (int i = 0; i < 25; ++i)
    cache.insert_later(entry(std::to_string(i)));

  sweep(cache);
  EXPECT_EQ(recovery_of(cache).replayed, 0) << "no time has passed";
  clock_.advance(milliseconds(500));
  sweep(cache);
  EXPECT_EQ(recovery_of(cache).replayed, 5);
  clock_.advance(seconds(60));
  sweep(cache);
  EXPECT_EQ(recovery_of(cache).replayed, 15) << "a second's worth at most";
  clock_.advance(seconds(1));
  sweep(cache);

  EXPECT_EQ(recovery_of(cache).replayed, 25);
  EXPECT_EQ(recovery_of(cache).waiting, 0);
}

TEST_F(RedisCacheOutage, DropsWhatRedisDoesNotTake) {
  RedisInstance instance(options(), clock_, loop_);
  RedisCache& cache = instance.ready();
  cache.insert_later(entry("a"));
  cache.insert_later(entry("b"));
  server_.command({"CONFIG", "SET", "maxmemory", "1"});

  sweep(cache);

  EXPECT_EQ(recovery_of(cache).dropped, 1) << "one attempt in a sweep is enough to see it";
  EXPECT_EQ(recovery_of(cache).waiting, 1);
  EXPECT_TRUE(cache.is_available());
}

TEST_F(RedisCacheOutage, WhatWasErasedIsNotServedByARedisThatWasFrozen) {
  RedisInstance instance(options(), clock_, loop_);
  RedisCache& cache = instance.ready();
  insert(cache, entry("a")).value();
  insert(cache, entry("b")).value();
  server_.freeze();
  notice_outage(cache);

  EXPECT_FALSE(erase(cache, "a"));
  server_.thaw();
  wait_for_connection(instance, 2);

  EXPECT_FALSE(cache.is_available()) << "it has not erased yet";
  EXPECT_FALSE(finds(cache, "a")) << "the first request of all";
  EXPECT_FALSE(finds(cache, "b"));
  EXPECT_EQ(server_.command({"EXISTS", name_of("a")}).integer(), 1);
  sweep(cache);
  EXPECT_TRUE(cache.is_available());
  EXPECT_FALSE(finds(cache, "a"));
  EXPECT_TRUE(finds(cache, "b"));
  EXPECT_EQ(recovery_of(cache).erasures_replayed, 1);
  EXPECT_EQ(recovery_of(cache).erasures_waiting, 0);
}

TEST_F(RedisCacheOutage, AnErasureWithoutAReplyIsDoneAgain) {
  RedisInstance instance(options(), clock_, loop_);
  RedisCache& cache = instance.ready();
  insert(cache, entry("a")).value();
  server_.freeze();

  const Result<bool> erased = run(loop_, cache.erase(sample_key("a")));

  ASSERT_FALSE(erased.has_value());
  EXPECT_EQ(erased.error().code(), ErrorCode::kTimeout);
  EXPECT_EQ(recovery_of(cache).erasures_waiting, 1);
  server_.thaw();
  recover(instance);
  EXPECT_FALSE(finds(cache, "a"));
  EXPECT_EQ(recovery_of(cache).erasures_waiting, 0);
}

TEST_F(RedisCacheOutage, SaysWhatItOwes) {
  RedisInstance instance(options(), clock_, loop_);
  RedisCache& cache = instance.ready();
  server_.kill();
  notice_outage(cache);

  erase(cache, "a");

  EXPECT_TRUE(cache.owes_erasure(sample_key("a")));
  EXPECT_FALSE(cache.owes_erasure(sample_key("b")));
}

TEST_F(RedisCacheOutage, WhatWasGeneratedAfterAnErasureIsNotHiddenByIt) {
  RedisInstance instance(options(), clock_, loop_);
  RedisCache& cache = instance.ready();
  server_.kill();
  notice_outage(cache);
  erase(cache, "a");
  clock_.advance(std::chrono::milliseconds(1));
  cache.insert_later(entry("a"));

  server_.start();
  recover(instance);
  run_until(loop_, [&] {
    sweep(cache);
    return recovery_of(cache).waiting == 0;
  });

  EXPECT_TRUE(finds(cache, "a"));
}

TEST_F(RedisCacheOutage, AReplayReplacesAMarkThatIsOlder) {
  RedisInstance instance(options(), clock_, loop_);
  RedisCache& cache = instance.ready();
  erase(cache, "a");
  clock_.advance(std::chrono::milliseconds(1));
  server_.command({"CONFIG", "SET", "maxmemory", "1"});
  EXPECT_FALSE(insert(cache, entry("a")).has_value());
  server_.command({"CONFIG", "SET", "maxmemory", "0"});

  run_until(loop_, [&] {
    clock_.advance(std::chrono::milliseconds(10));
    sweep(cache);
    return recovery_of(cache).waiting == 0;
  });

  EXPECT_EQ(recovery_of(cache).replayed, 1);
  EXPECT_TRUE(finds(cache, "a"));
}

TEST_F(RedisCacheOutage, AReplayDoesNotBringBackWhatAnotherInstanceErased) {
  RedisInstance instance(options(), clock_, loop_);
  RedisInstance other(options(), clock_, loop_);
  RedisCache& cache = instance.ready();
  server_.kill();
  notice_outage(cache);
  cache.insert_later(entry("a"));

  server_.start();
  erase(other.ready(), "a");
  recover(instance);
  run_until(loop_, [&] {
    sweep(cache);
    return recovery_of(cache).waiting == 0;
  });

  EXPECT_FALSE(finds(cache, "a"));
}

TEST_F(RedisCacheOutage, AnErasureForgetsWhatWaits) {
  RedisInstance instance(options(), clock_, loop_);
  RedisCache& cache = instance.ready();
  server_.kill();
  notice_outage(cache);
  cache.insert_later(entry("a"));

  EXPECT_TRUE(erase(cache, "a"));

  server_.start();
  recover(instance);
  EXPECT_FALSE(finds(cache, "a"));
  EXPECT_EQ(recovery_of(cache).replayed, 0);
}

TEST_F(RedisCacheOutage, WhatIsInsertedAfterAnErasureIsThereInTheEnd) {
  RedisInstance instance(options(), clock_, loop_);
  RedisCache& cache = instance.ready();
  insert(cache, entry("a", R"("erased")")).value();
  server_.freeze();
  notice_outage(cache);
  erase(cache, "a");
  clock_.advance(std::chrono::milliseconds(1));
  cache.insert_later(entry("a", R"("anew")"));

  server_.thaw();
  recover(instance);

  EXPECT_NE(stored("a").find(R"("anew")"), std::string::npos);
  EXPECT_TRUE(finds(cache, "a"));
}

TEST_F(RedisCacheOutage, WhatIsInsertedBeforeItHasErasedWaitsToo) {
  RedisInstance instance(options(), clock_, loop_);
  RedisCache& cache = instance.ready();
  server_.freeze();
  notice_outage(cache);
  erase(cache, "a");
  server_.thaw();
  wait_for_connection(instance, 2);

  EXPECT_EQ(insert(cache, entry("b")).value(), InsertOutcome::kDeferred);

  sweep(cache);
  EXPECT_TRUE(finds(cache, "b"));
}

TEST_F(RedisCacheOutage, ForgetsEverythingWhenMoreWasErasedThanItRemembers) {
  RedisCache::Options bounded = options();
  bounded.max_missed_erasures = 2;
  RedisInstance instance(bounded, clock_, loop_);
  RedisInstance other(options(), clock_, loop_);
  RedisCache& cache = instance.ready();
  for (const std::string_view key : {"a", "b", "c", "d"})
    insert(cache, entry(key)).value();
  other.ready();
  server_.freeze();
  notice_outage(cache);
  notice_outage(other.cache());

  for (const std::string_view key : {"a", "b", "c"})
    erase(cache, key);

  EXPECT_EQ(instance.epoch().value(), 2U);
  EXPECT_EQ(recovery_of(cache).epochs_raised, 1);
  EXPECT_EQ(recovery_of(cache).erasures_waiting, 0);
  server_.thaw();
  recover(instance);
  recover(other);
  for (const std::string_view key : {"a", "b", "c", "d"}) {
    EXPECT_FALSE(finds(cache, key));
    EXPECT_FALSE(finds(other.cache(), key));
  }
  EXPECT_GE(other.epoch().value(), 2U);
}

TEST_F(RedisCacheOutage, AClearForgetsWhatWaits) {
  RedisInstance instance(options(), clock_, loop_);
  RedisCache& cache = instance.ready();
  insert(cache, entry("before")).value();
  server_.freeze();
  notice_outage(cache);
  cache.insert_later(entry("waits"));
  erase(cache, "erased");

  instance.epoch().adopt(2);
  EXPECT_FALSE(run(loop_, cache.clear(2)).has_value());

  EXPECT_EQ(recovery_of(cache).waiting, 0);
  EXPECT_EQ(recovery_of(cache).erasures_waiting, 0);
  server_.thaw();
  recover(instance);
  EXPECT_FALSE(finds(cache, "before"));
  EXPECT_FALSE(finds(cache, "waits"));
  EXPECT_EQ(recovery_of(cache).replayed, 0);
}

TEST_F(RedisCacheOutage, OneCallerFindsOutThatRedisIsBack) {
  RedisInstance instance(options(), clock_, loop_);
  RedisCache& cache = instance.ready();
  server_.kill();
  run_until(loop_, [&] {
    finds(cache, "nothing");
    return cache.stats().breakers.at(0).state == "open";
  });
  server_.start();
  wait_for_connection(instance, 2);
  const std::int64_t before = cache.stats().errors;
  int done = 0;
  const auto on_done = [&done](const std::exception_ptr& /*failure*/,
                               const Result<std::optional<Entry>>& found) {
    done += found ? 1 : 0;
  };

  for (int i = 0; i < 100; ++i)
    boost::asio::co_spawn(loop_, cache.find(sample_key("a")), on_done);
  run_until(loop_, [&] { return done == 100; });

  const BreakerStats breaker = cache.stats().breakers.at(0);
  EXPECT_EQ(breaker.state, "closed");
  EXPECT_EQ(breaker.stays.at(2).state, "half-open");
  EXPECT_EQ(breaker.stays.at(2).entered, 1);
  EXPECT_EQ(cache.stats().errors, before) << "the others were misses at once";
}

TEST_F(RedisCacheOutage, AHardStopInTheMiddleOfACallHarmsNothing) {
  auto loop = std::make_unique<boost::asio::io_context>(1);
  auto instance = std::make_unique<RedisInstance>(options(), clock_, *loop);
  RedisCache& cache = instance->ready();
  server_.freeze();
  boost::asio::co_spawn(*loop, cache.find(sample_key("a")), boost::asio::detached);
  boost::asio::co_spawn(*loop, cache.insert(entry("b")), boost::asio::detached);
  loop->restart();
  loop->poll();

  instance.reset();
  loop.reset();

  server_.thaw();
  EXPECT_FALSE(server_.command({"PING"}).is_error());
}

}  // namespace
}  // namespace refrain
