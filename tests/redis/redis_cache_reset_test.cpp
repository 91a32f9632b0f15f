// A connection that is reset after any byte, of either side: what a call answers is right or an
// error, never another command's reply.

#include "refrain/redis/redis_cache.h"

#include "redis/redis_fixture.h"
#include "support/fault_proxy.h"
#include "support/manual_clock.h"
#include "support/redis_server.h"
#include "support/run.h"
#include "support/sample_entry.h"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>

namespace refrain {
namespace {

using testing::FaultProxy;
using testing::redis_options;
using testing::RedisInstance;
using testing::RedisServer;
using testing::run;
using testing::run_until;
using testing::sample_entry;
using testing::sample_key;
using Way = FaultProxy::Way;

// A log-in and the commands below, and some more: there a connection survives.
constexpr std::size_t kAllBytes = 1200;

/// Every byte with REFRAIN_FAULT_SECONDS, else every third.
std::size_t step() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe)
  return std::getenv("REFRAIN_FAULT_SECONDS") != nullptr ? 1 : 3;
}

class RedisCacheReset : public ::testing::TestWithParam<Way> {
protected:
  /// An instance whose connections are reset after that many bytes.
  std::unique_ptr<RedisInstance> instance_with_resets_after(std::size_t bytes) {
    proxy_.heal();
    FaultProxy::Faults faults;
    faults.reset_after_bytes = bytes;
    proxy_.set(GetParam(), faults);
    RedisEndpoint endpoint;
    endpoint.host = "127.0.0.1";
    endpoint.port = proxy_.port();
    return std::make_unique<RedisInstance>(redis_options(endpoint), clock_, loop_);
  }

  /// It is available, or an attempt to connect has failed.
  void settle(RedisInstance& instance, std::size_t resets) {
    run_until(loop_,
              [&] { return instance.cache().is_available() || proxy_.reset_count() > resets; });
  }

  /// Stores, finds, erases; whatever works, what is found is what was stored.
  void use(RedisInstance& instance, const std::string& name) {
    const CacheKey key = sample_key(name);
    const Entry entry = sample_entry(key, clock_.now(), R"({"words":[")" + name + R"("]})");
    static_cast<void>(run(loop_, instance.cache().insert(entry)));
    for (const CacheKey& wanted : {key, sample_key("always there"), sample_key("never there")}) {
      const Result<std::optional<Entry>> found = run(loop_, instance.cache().find(wanted));
      if (!found || !found->has_value()) continue;
      EXPECT_EQ((*found)->key(), wanted);
      EXPECT_NE(wanted, sample_key("never there"));
      EXPECT_EQ((*found)->body(), wanted == key ? entry.body() : kBody) << name;
    }
    static_cast<void>(run(loop_, instance.cache().erase(key)));
  }

  static constexpr std::string_view kBody = R"({"words":["always"]})";

  testing::ManualClock clock_;
  boost::asio::io_context loop_{1};
  RedisServer server_;
  FaultProxy proxy_{server_.unix_endpoint()};
};

TEST_P(RedisCacheReset, AfterAnyByteNoAnswerIsWrong) {
  const auto healthy = instance_with_resets_after(0);
  const Entry always = sample_entry(sample_key("always there"), clock_.now(), kBody);
  run(loop_, healthy->ready().insert(always)).value();

  for (std::size_t bytes = 1; bytes < kAllBytes; bytes += step()) {
    const std::size_t resets = proxy_.reset_count();
    const auto instance = instance_with_resets_after(bytes);
    settle(*instance, resets);
    use(*instance, std::to_string(bytes));
    EXPECT_GE(instance->cache().stats().items, 0);
  }

  EXPECT_GT(proxy_.reset_count(), kAllBytes / step() / 2) << "most of these were reset";
}

TEST_P(RedisCacheReset, ItIsUsedAgainOnceTheNetworkIsWell) {
  const std::size_t resets = proxy_.reset_count();
  const auto instance = instance_with_resets_after(8);
  settle(*instance, resets);
  EXPECT_FALSE(instance->cache().is_available());

  proxy_.heal();
  clock_.advance(std::chrono::minutes(1));  // the breaker may have opened

  const Entry entry = sample_entry(sample_key("a"), clock_.now());
  EXPECT_EQ(run(loop_, instance->ready().insert(entry)).value(), InsertOutcome::kStored);
  EXPECT_TRUE(run(loop_, instance->cache().find(sample_key("a"))).value().has_value());
}

INSTANTIATE_TEST_SUITE_P(Ways,
                         RedisCacheReset,
                         ::testing::Values(Way::kToServer, Way::kToClient),
                         [](const auto& way) {
                           return way.param == Way::kToServer ? "ToTheServer" : "ToTheClient";
                         });

}  // namespace
}  // namespace refrain
