#include "app/tea_model_file.h"
#include "support/http_client.h"
#include "support/http_load.h"
#include "support/redis_fault.h"
#include "support/service_process.h"
#include "support/sick_redis.h"
#include "support/sick_sentinels.h"
#include "support/temp_dir.h"
#include "support/wait_until.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace refrain {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::HttpLoad;
using testing::HttpReply;
using testing::RedisFault;
using testing::ServiceProcess;
using testing::SickRedis;
using testing::SickSentinels;
using testing::TempDir;
using Severity = RedisFault::Severity;

constexpr std::size_t kConnections = 64;
constexpr std::size_t kAnswers = 1000;  // of each part of a test, at least

// A loaded machine with a sanitizer is slow, and that is no fault of Redis. Where no command may
// fail, none may be late for that reason.
constexpr milliseconds kBudget{100};
constexpr milliseconds kAmpleBudget{3000};

// What a fault may add to the peak of the service's memory.
constexpr std::size_t kMemoryRoom = std::size_t{128} << 20U;

/// Lets a sanitizer keep less of what was freed than it does by itself: it would hide what grows.
std::vector<std::string> environment() {
  const char* const given = std::getenv("ASAN_OPTIONS");  // NOLINT(concurrency-mt-unsafe)
  const std::string others = given == nullptr ? "" : std::string(given) + ":";
  return {"ASAN_OPTIONS=" + others + "quarantine_size_mb=16"};
}

// A request that waits longer than this waits for Redis: budgets are a hundredth of it.
constexpr seconds kLongestLatency{5};

/// How long each fault lasts: as long as it takes to see it, or REFRAIN_FAULT_SECONDS.
seconds configured_span() {
  const char* const text = std::getenv("REFRAIN_FAULT_SECONDS");  // NOLINT(concurrency-mt-unsafe)
  return seconds(text == nullptr ? 0 : std::strtol(text, nullptr, 10));
}

struct RedisState {
  bool is_available = false;
  std::string breaker;  // the worst of all
  std::string shards;   // who keeps what; empty with a single server
  bool are_all_available = false;
  std::int64_t hits = 0;
  std::int64_t errors = 0;
};

RedisState state_of(const ServiceProcess& service) {
  const boost::json::object tier = testing::tier_status(service.text_port(), "redis");
  RedisState state;
  state.is_available = tier.at("available").as_bool();
  state.breaker = std::string(tier.at("state").as_string());
  state.hits = tier.at("hits").as_int64();
  state.errors = tier.at("errors").as_int64();
  state.are_all_available = state.is_available;
  if (const boost::json::value* const shards = tier.if_contains("shards")) {
    state.shards = boost::json::serialize(*shards);
    for (const boost::json::value& shard : shards->as_array())
      state.are_all_available = state.are_all_available && shard.at("available").as_bool();
  }
  return state;
}

/// `budget`: of a command to Redis.
std::vector<std::string> arguments_for(const SickRedis& redis,
                                       const TempDir& folder,
                                       milliseconds budget) {
  std::vector<std::string> arguments = {"text",
                                        "--text-model",
                                        testing::write_tea_model(folder.path()).string(),
                                        "--cleanup-interval",
                                        "100",
                                        "--redis-budget",
                                        std::to_string(budget.count()),
                                        "--threads",
                                        "2"};
  const std::vector<std::string> where = redis.arguments();
  arguments.insert(arguments.end(), where.begin(), where.end());
  return arguments;
}

/// The real program with a Redis, under load.
class ServiceUnderLoad {
public:
  ServiceUnderLoad(const SickRedis& redis, milliseconds budget)
      : service_(arguments_for(redis, folder_, budget), folder_.path().string(), environment()),
        load_(load_options()) {
    testing::wait_until("Redis is used", [this] { return state().are_all_available; });
  }

  [[nodiscard]] ServiceProcess& process() { return service_; }
  [[nodiscard]] HttpLoad& load() { return load_; }
  [[nodiscard]] RedisState state() const { return state_of(service_); }

  /// The breaker is closed and requests are answered from Redis, from every server of it.
  void wait_until_recovered() const {
    const std::int64_t hits = state().hits;
    testing::wait_until("Redis answers", [&] {
      const RedisState now = state();
      return now.are_all_available && now.breaker == "closed" &&
             now.hits > hits + static_cast<std::int64_t>(kAnswers) / 2;
    });
  }

  void wait_for_hits() const {
    const std::int64_t hits = state().hits;
    testing::wait_until("Redis answers a part",
                        [&] { return state().hits > hits + static_cast<std::int64_t>(kAnswers); });
  }

  void expect_no_failure() const {
    for (const std::string& failure : load_.failures())
      ADD_FAILURE() << failure;
    EXPECT_EQ(load_.failure_count(), 0U) << "of " << load_.count();
    const boost::json::object status = testing::cache_status(service_.text_port());
    EXPECT_EQ(status.at("requests").at("error").as_int64(), 0);
    std::chrono::microseconds longest{0};
    for (const HttpLoad::Sample& sample : load_.samples())
      longest = std::max(longest, sample.latency);
    EXPECT_LT(longest, kLongestLatency);
  }

private:
  [[nodiscard]] HttpLoad::Options load_options() const {
    HttpLoad::Options options;
    options.port = service_.text_port();
    options.connections = kConnections;
    options.frame = HttpLoad::frame_of(service_.text_port());
    return options;
  }

  TempDir folder_;
  ServiceProcess service_;
  HttpLoad load_;
};

class RedisFaults : public ::testing::TestWithParam<RedisFault> {};

TEST_P(RedisFaults, FailNoRequestAndArePassedBy) {
  const RedisFault& fault = GetParam();
  const std::unique_ptr<SickRedis> redis = fault.make();
  const bool is_unfelt = fault.severity == Severity::kUnfelt;
  ServiceUnderLoad service(*redis, is_unfelt ? kAmpleBudget : kBudget);
  HttpLoad& load = service.load();
  load.wait_for(2 * kAnswers);
  service.wait_until_recovered();  // a busy machine may have let its beginning fail
  const RedisState before = service.state();
  const std::size_t connections = redis->connection_count();
  const std::size_t memory = service.process().peak_memory();

  const auto end = steady_clock::now() + configured_span();
  fault.begin(*redis, std::max<milliseconds>(configured_span(), seconds(1)));
  if (!is_unfelt) {
    testing::wait_until("the service has met the fault", [&] {
      const RedisState now = service.state();
      return now.errors > before.errors || !now.is_available || now.shards != before.shards ||
             redis->connection_count() > connections;
    });
  }
  if (fault.severity == Severity::kAway)
    testing::wait_until("the breaker opens", [&] { return service.state().breaker != "closed"; });
  if (fault.severity == Severity::kAllAway)
    testing::wait_until("nobody is asked", [&] { return !service.state().is_available; });
  if (fault.severity == Severity::kPart || is_unfelt) service.wait_for_hits();
  do {
    load.wait_for(kAnswers);
  } while (steady_clock::now() < end);
  if (fault.severity == Severity::kNoWrites) service.wait_until_recovered();  // it is read
  fault.end(*redis);
  service.wait_until_recovered();
  load.stop();

  service.expect_no_failure();
  EXPECT_LT(service.process().peak_memory(), memory + kMemoryRoom);
  if (is_unfelt) EXPECT_EQ(service.state().errors, before.errors);
}

/// The real program with sentinels whose master was replaced and has not heard of it: for some
/// seconds it takes itself for the master, and loses then what it was given meanwhile.
class ReplacedMaster : public ::testing::Test {
protected:
  ReplacedMaster() : service_(arguments_for(redis_, folder_, kBudget), folder_.path().string()) {
    testing::wait_until("Redis is used", [&] { return state_of(service_).is_available; });
  }

  void wait_until_the_new_one_is_used() {
    redis_.wait_until_replaced();
    const std::uint16_t port = redis_.sentinels().master().tcp_endpoint().port;
    const std::string address = "127.0.0.1:" + std::to_string(port);
    testing::wait_until("the new master is used", [&] {
      const RedisState now = state_of(service_);
      return now.is_available && now.shards.find(address) != std::string::npos;
    });
  }

  [[nodiscard]] HttpReply ask_for(int number) const {
    const std::string target = "/v1/predictions?text=text+" + std::to_string(number);
    return testing::get(service_.text_port(), target);
  }

  /// Lets the service store one text after another until the old master has become a replica.
  void expect_that_nothing_is_lost() {
    int count = 0;
    testing::wait_until("it has become a replica", [&] {
      EXPECT_EQ(ask_for(count++).status, 200);
      return redis_.is_demoted();
    });
    redis_.sentinels().wait_until_whole();
    int found = 0;
    for (int i = 0; i < count; ++i) {
      const HttpReply again = ask_for(i);
      found += again.header("Cache-Status").find("detail=redis") != std::string_view::npos ? 1 : 0;
    }
    // A busy machine may let Redis miss a few.
    EXPECT_GT(found, count * 9 / 10) << "of " << count;
  }

  SickSentinels redis_;
  TempDir folder_;
  ServiceProcess service_;
};

TEST_F(ReplacedMaster, IsGivenNothingWhenItWakesUp) {
  redis_.first_master().freeze();
  wait_until_the_new_one_is_used();

  redis_.first_master().thaw();

  expect_that_nothing_is_lost();
}

TEST_F(ReplacedMaster, IsGivenNothingAfterAFailoverByHand) {
  redis_.fail_over();
  wait_until_the_new_one_is_used();

  expect_that_nothing_is_lost();
}

INSTANTIATE_TEST_SUITE_P(All,
                         RedisFaults,
                         ::testing::ValuesIn(testing::redis_faults()),
                         [](const auto& fault) { return fault.param.name; });

}  // namespace
}  // namespace refrain
