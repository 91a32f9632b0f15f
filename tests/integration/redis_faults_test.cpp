#include "app/tea_model_file.h"
#include "support/http_load.h"
#include "support/redis_fault.h"
#include "support/service_process.h"
#include "support/sick_redis.h"
#include "support/temp_dir.h"
#include "support/wait_until.h"

#include <boost/json/object.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <string>

namespace refrain {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::HttpLoad;
using testing::RedisFault;
using testing::ServiceProcess;
using testing::SickRedis;
using testing::TempDir;
using Severity = RedisFault::Severity;

constexpr std::size_t kConnections = 64;
constexpr std::size_t kAnswers = 1000;  // of each part of a test, at least

// What a fault may add to the peak of the service's memory: sanitizers keep freed memory for long.
constexpr std::size_t kMemoryRoom = std::size_t{256} << 20U;

// A request that waits longer than this waits for Redis: budgets are a hundredth of it.
constexpr seconds kLongestLatency{5};

/// How long each fault lasts: as long as it takes to see it, or REFRAIN_FAULT_SECONDS.
seconds configured_span() {
  const char* const text = std::getenv("REFRAIN_FAULT_SECONDS");  // NOLINT(concurrency-mt-unsafe)
  return seconds(text == nullptr ? 0 : std::strtol(text, nullptr, 10));
}

struct RedisState {
  bool is_available = false;
  std::string breaker;
  std::int64_t hits = 0;
  std::int64_t errors = 0;
};

/// The real program with a sick Redis, under load.
class RedisFaults : public ::testing::TestWithParam<RedisFault> {
protected:
  RedisFaults() : service_(arguments(), folder_.path().string()) {
    testing::wait_until("Redis is used", [this] { return state().is_available; });
  }

  [[nodiscard]] std::vector<std::string> arguments() {
    return {"text",
            "--redis-url",
            redis_.url(),
            "--text-model",
            testing::write_tea_model(folder_.path()).string(),
            "--cleanup-interval",
            "100",
            // A loaded machine with a sanitizer is slow, and that is no fault of Redis.
            "--redis-budget",
            "100",
            "--threads",
            "2"};
  }

  [[nodiscard]] HttpLoad::Options load_options() const {
    HttpLoad::Options options;
    options.port = service_.text_port();
    options.connections = kConnections;
    options.frame = HttpLoad::frame_of(service_.text_port());
    return options;
  }

  [[nodiscard]] RedisState state() const {
    const boost::json::object tier = testing::tier_status(service_.text_port(), "redis");
    RedisState state;
    state.is_available = tier.at("available").as_bool();
    state.breaker = std::string(tier.at("state").as_string());
    state.hits = tier.at("hits").as_int64();
    state.errors = tier.at("errors").as_int64();
    return state;
  }

  /// The breaker is closed and requests are answered from Redis.
  void wait_until_recovered() {
    const std::int64_t hits = state().hits;
    testing::wait_until(
        "Redis answers",
        [&] {
          const RedisState now = state();
          return now.is_available && now.breaker == "closed" &&
                 now.hits > hits + static_cast<std::int64_t>(kAnswers) / 2;
        },
        seconds(60));
  }

  void expect_no_failure(const HttpLoad& load) const {
    for (const std::string& failure : load.failures())
      ADD_FAILURE() << failure;
    EXPECT_EQ(load.failure_count(), 0U) << "of " << load.count();
    const boost::json::object status = testing::cache_status(service_.text_port());
    EXPECT_EQ(status.at("requests").at("error").as_int64(), 0);
    std::chrono::microseconds longest{0};
    for (const HttpLoad::Sample& sample : load.samples())
      longest = std::max(longest, sample.latency);
    EXPECT_LT(longest, kLongestLatency);
  }

  SickRedis redis_;
  TempDir folder_;
  ServiceProcess service_;
};

TEST_P(RedisFaults, FailNoRequestAndArePassedBy) {
  const RedisFault& fault = GetParam();
  HttpLoad load(load_options());
  load.wait_for(2 * kAnswers);
  const RedisState before = state();
  ASSERT_GT(before.hits, 0);
  const std::size_t connections = redis_.proxy().connection_count();
  const std::size_t memory = service_.peak_memory();

  const auto end = steady_clock::now() + configured_span();
  fault.begin(redis_, std::max<milliseconds>(configured_span(), seconds(1)));
  testing::wait_until("the service has met the fault", [&] {
    const RedisState now = state();
    return now.errors > before.errors || !now.is_available ||
           redis_.proxy().connection_count() > connections;
  });
  if (fault.severity == Severity::kAway)
    testing::wait_until("the breaker opens", [&] { return state().breaker != "closed"; });
  do {
    load.wait_for(kAnswers);
  } while (steady_clock::now() < end);
  if (fault.severity == Severity::kNoWrites) wait_until_recovered();  // it is read all the same
  fault.end(redis_);
  wait_until_recovered();
  load.stop();

  expect_no_failure(load);
  EXPECT_LT(service_.peak_memory(), memory + kMemoryRoom);
}

INSTANTIATE_TEST_SUITE_P(All,
                         RedisFaults,
                         ::testing::ValuesIn(testing::redis_faults()),
                         [](const auto& fault) { return fault.param.name; });

}  // namespace
}  // namespace refrain
