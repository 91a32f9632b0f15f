// Two instances and the epoch that they agree on, while Redis loses it.

#include "refrain/redis/redis_cache.h"

#include "redis/documented_acl.h"
#include "redis/redis_fixture.h"
#include "support/log_spy.h"
#include "support/manual_clock.h"
#include "support/redis_server.h"
#include "support/run.h"
#include "support/sample_entry.h"

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace refrain {
namespace {

using testing::documented_acl;
using testing::redis_options;
using testing::RedisInstance;
using testing::RedisServer;
using testing::run;
using testing::run_until;
using testing::sample_entry;
using testing::sample_key;

const std::string kEpochKey =
    "refrain:1:text:epoch";  // NOLINT(bugprone-throwing-static-initialization)

class RedisCacheEpoch : public ::testing::TestWithParam<bool> {
protected:
  RedisCacheEpoch() {
    one_.ready();
    other_.ready();
  }

  /// Logged in as the documented user, with or without the right to run scripts.
  [[nodiscard]] RedisCache::Options options() const {
    std::vector<std::string> acl = documented_acl();
    if (!has_scripts()) std::erase(acl, "+eval");
    server_.command(acl);
    RedisCache::Options options = redis_options(server_.unix_endpoint());
    options.endpoint.user = "refrain";
    options.endpoint.password = "password";
    return options;
  }

  static bool has_scripts() { return GetParam(); }

  Result<void> clear(RedisInstance& instance) {
    const std::uint64_t next = instance.epoch().value() + 1;
    instance.epoch().adopt(next);
    return run(loop_, instance.cache().clear(next));
  }

  void sweep(RedisInstance& instance) { run(loop_, instance.cache().sweep()); }

  /// Each command of the one may come before, between or after those of the other.
  void sweep_both_at_once() {
    int done = 0;
    const auto on_done = [&](const std::exception_ptr& /*failure*/) {
      ++done;
    };
    boost::asio::co_spawn(loop_, one_.cache().sweep(), on_done);
    boost::asio::co_spawn(loop_, other_.cache().sweep(), on_done);
    run_until(loop_, [&] { return done == 2; });
  }

  void sweep_both(int order) {
    if (order == 0) {
      sweep_both_at_once();
    } else {
      sweep(order == 1 ? one_ : other_);
      sweep(order == 1 ? other_ : one_);
    }
  }

  /// Both are in epoch 3, and `one_` has written an entry since.
  void reach_epoch_3() {
    ASSERT_TRUE(clear(one_).has_value());
    ASSERT_TRUE(clear(one_).has_value());
    sweep(other_);
    ASSERT_EQ(one_.epoch().value(), 3U);
    ASSERT_EQ(other_.epoch().value(), 3U);
    run(loop_, one_.cache().insert(sample_entry(sample_key("a"), clock_.now()))).value();
  }

  void expect_epoch_3_and_nothing_forgotten() {
    EXPECT_EQ(server_.command({"GET", kEpochKey}).text(), "3");
    EXPECT_GT(server_.command({"PTTL", kEpochKey}).integer(), 0);
    EXPECT_EQ(one_.epoch().value(), 3U);
    EXPECT_EQ(other_.epoch().value(), 3U);
    EXPECT_EQ(one_.cache().stats().items, 1);
    EXPECT_EQ(one_.cache().stats().removals.invalidated, 0);
  }

  [[nodiscard]] std::size_t log_lines_with(std::string_view text) const {
    const auto records = one_.log().records();
    return static_cast<std::size_t>(
        std::count_if(records.begin(), records.end(), [text](const auto& record) {
          return std::any_of(
              record.fields.begin(), record.fields.end(), [text](const LogField& field) {
                return field.value().find(text) != std::string::npos;
              });
        }));
  }

  testing::ManualClock clock_;
  boost::asio::io_context loop_{1};
  RedisServer server_;
  RedisInstance one_{options(), clock_, loop_};
  RedisInstance other_{options(), clock_, loop_};
};

TEST_P(RedisCacheEpoch, ARedisThatLosesAllAgainAndAgainCostsNoInstanceWhatItKnows) {
  reach_epoch_3();

  for (int i = 0; i < 12; ++i) {
    server_.command({"FLUSHALL"});
    sweep_both(i % 3);
    expect_epoch_3_and_nothing_forgotten();
  }
}

TEST_P(RedisCacheEpoch, NeitherDoesOneThatIsBackWithAnOlderEpoch) {
  reach_epoch_3();

  for (int i = 0; i < 12; ++i) {
    server_.command({"SET", kEpochKey, i % 2 == 0 ? "1" : "2"});
    // Without scripts two at once add up.
    sweep_both(has_scripts() ? i % 3 : 1 + i % 2);
    expect_epoch_3_and_nothing_forgotten();
  }
}

TEST_P(RedisCacheEpoch, AClearAfterALossIsSeenByTheOtherAndAboveWhatBothHaveUsed) {
  reach_epoch_3();
  server_.command({"FLUSHALL"});

  EXPECT_TRUE(clear(one_).has_value());
  sweep(other_);

  EXPECT_EQ(one_.epoch().value(), 4U);
  EXPECT_EQ(other_.epoch().value(), 4U);
  EXPECT_EQ(server_.command({"GET", kEpochKey}).text(), "4");
  EXPECT_GT(server_.command({"PTTL", kEpochKey}).integer(), 2 * 3'600'000);
}

TEST_P(RedisCacheEpoch, ClearsOfBothAtOnceAreTwo) {
  reach_epoch_3();
  int cleared = 0;
  const auto on_done = [&](const std::exception_ptr& /*failure*/, const Result<void>& done) {
    cleared += done ? 1 : 0;
  };

  boost::asio::co_spawn(loop_, one_.cache().clear(4), on_done);
  boost::asio::co_spawn(loop_, other_.cache().clear(4), on_done);
  run_until(loop_, [&] { return cleared == 2; });

  EXPECT_EQ(server_.command({"GET", kEpochKey}).text(), "5");
}

TEST_P(RedisCacheEpoch, AnEpochThatIsNoneIsNotAdoptedAndTheLogNamesItsKeyOnce) {
  reach_epoch_3();
  for (const char* value : {"9223372036854775807", "9007199254740992", "none"}) {
    server_.command({"SET", kEpochKey, value});
    const std::size_t lines = log_lines_with(kEpochKey);
    const std::int64_t errors = one_.cache().stats().errors;

    for (int i = 0; i < 3; ++i)
      sweep(one_);
    EXPECT_FALSE(clear(one_).has_value());

    EXPECT_EQ(log_lines_with(kEpochKey), lines + 1) << value;
    EXPECT_GE(one_.cache().stats().errors, errors + 3);
    EXPECT_TRUE(one_.cache().is_available()) << "what it has is as good as before";
    const std::uint64_t owed = one_.epoch().value();
    EXPECT_LT(owed, 10U);
    server_.command({"DEL", kEpochKey});
    sweep(one_);
    EXPECT_EQ(server_.command({"GET", kEpochKey}).text(), std::to_string(owed));
    EXPECT_TRUE(clear(one_).has_value());
    sweep(other_);
    EXPECT_EQ(other_.epoch().value(), owed + 1);
  }
}

TEST_P(RedisCacheEpoch, NobodyBeginsWithAnEpochThatIsNone) {
  server_.command({"SET", kEpochKey, "9223372036854775807"});

  RedisInstance third(options(), clock_, loop_);
  run_until(loop_, [&] { return third.cache().stats().remote->state == "open"; });

  EXPECT_FALSE(third.cache().is_available());
  EXPECT_EQ(third.epoch().value(), Epoch::kFirst);
}

INSTANTIATE_TEST_SUITE_P(Users, RedisCacheEpoch, ::testing::Bool(), [](const auto& user) {
  return user.param ? "WithScripts" : "WithoutScripts";
});

}  // namespace
}  // namespace refrain
