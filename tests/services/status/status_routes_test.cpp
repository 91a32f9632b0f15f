#include "refrain/services/status/status_routes.h"

#include "http/running_server.h"
#include "services/service_rig.h"
#include "support/flaky_tier.h"
#include "support/http_client.h"
#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace refrain::testing {
namespace {

std::string deletion(const std::string& target, const std::string& fields = {}) {
  return "DELETE " + target + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
}

std::string limits(const std::string& body, const std::string& fields = {}) {
  return "POST /v1/cache/limits HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" +
         fields + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// A disk tier that can be read and not written.
class UnwritableTier final : public Tier {
public:
  [[nodiscard]] std::string_view name() const override { return "disk"; }
  [[nodiscard]] bool is_available() const override { return true; }
  [[nodiscard]] ImmediateLookup find_now(CacheKey /*key*/, BodyPlace /*place*/) override {
    return ImmediateLookup::miss();
  }
  Task<Result<std::optional<Entry>>> find(CacheKey /*key*/) override {
    co_return std::optional<Entry>();
  }
  Task<Result<InsertOutcome>> insert(Entry /*entry*/) override {
    co_return InsertOutcome::kRefused;
  }
  Task<Result<bool>> erase(CacheKey /*key*/) override { co_return false; }
  Task<Result<void>> clear(std::uint64_t /*epoch*/) override { co_return Result<void>(); }
  Task<void> sweep() override { co_return; }
  [[nodiscard]] TierStats stats() const override {
    TierStats stats;
    stats.name = name();
    stats.disk.emplace();
    stats.disk->state = "closed";
    stats.disk->write_state = "open";
    return stats;
  }
};

class StatusRoutesOfAnUnwritableDisk : public ServiceRig {
protected:
  StatusRoutesOfAnUnwritableDisk() : ServiceRig("sticker", tiers()) { routes_.add_routes(router_); }

private:
  static std::vector<std::unique_ptr<Tier>> tiers() {
    std::vector<std::unique_ptr<Tier>> tiers;
    tiers.push_back(std::make_unique<UnwritableTier>());
    return tiers;
  }

  StatusRoutes routes_{context_, "1.2.3"};
};

class StatusRoutesTest : public ServiceRig {
protected:
  StatusRoutesTest() : StatusRoutesTest(new FlakyTier(flaky(), kStillClock)) {}

  static std::string bearer(const std::string& token) {
    return "Authorization: Bearer " + token + "\r\n";
  }

  /// Keeps an entry under a key of this name, and returns the key's digits.
  std::string keep(const std::string& name) {
    const CacheKey key = sample_key(name);
    Generator generator = [] {
      return say();
    };
    const auto answer = run(loop_, cache_.get_or_generate(key, CacheDirectives(), generator));
    if (!answer) throw std::runtime_error(answer.error().message());
    return key.to_hex();
  }

  std::int64_t items() const { return cache_.stats().tiers.at(0).items; }

  FlakyTier& other_tier() { return *other_tier_; }

private:
  explicit StatusRoutesTest(FlakyTier* other)
      : ServiceRig("sticker", one(other)),
        other_tier_(other) {
    routes_.add_routes(router_);
  }

  static FlakyTier::Config flaky() {
    FlakyTier::Config config;
    config.name = "disk";
    return config;
  }

  static std::vector<std::unique_ptr<Tier>> one(FlakyTier* tier) {
    std::vector<std::unique_ptr<Tier>> tiers;
    tiers.emplace_back(tier);
    return tiers;
  }

  static Task<Result<Generated>> say() { co_return Generated("text/plain", "said"); }

  static inline const ManualClock kStillClock;
  FlakyTier* other_tier_;
  StatusRoutes routes_{context_, "1.2.3"};
};

TEST_F(StatusRoutesTest, SaysThatTheServiceIsRunning) {
  const Reply reply = ask(get("/"));

  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.content_type, "application/json");
  EXPECT_EQ(reply.body, R"({"status":"success","message":"Service is running"})");
}

TEST_F(StatusRoutesTest, IsHealthyWhileItLives) {
  other_tier().set_available(false);

  EXPECT_EQ(ask(get("/healthz")).status, 200U);
  EXPECT_EQ(ask(get("/healthz")).body, R"({"status":"ok"})");
}

TEST_F(StatusRoutesTest, IsReadyAndDegradedWithoutATier) {
  EXPECT_EQ(ask(get("/readyz")).body,
            R"({"status":"ready","unavailable_tiers":[],"unwritable_tiers":[]})");

  other_tier().set_available(false);

  EXPECT_EQ(ask(get("/readyz")).status, 200U);
  EXPECT_EQ(ask(get("/readyz")).body,
            R"({"status":"degraded","unavailable_tiers":["disk"],"unwritable_tiers":[]})");
}

TEST_F(StatusRoutesOfAnUnwritableDisk, IsReadyAndDegraded) {
  const Reply reply = ask(get("/readyz"));

  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.body,
            R"({"status":"degraded","unavailable_tiers":[],"unwritable_tiers":["disk"]})");
}

TEST_F(StatusRoutesTest, ShowsOneTruthAsJsonAndAsMetrics) {
  keep("a");
  keep("a");
  clock_.advance(std::chrono::milliseconds(12'500));

  const Reply status = ask(get("/cache-status"));
  const Reply metrics = ask(get("/metrics"));

  EXPECT_EQ(json(status).at("service").as_string(), "sticker");
  EXPECT_EQ(json(status).at("version").as_string(), "1.2.3");
  EXPECT_EQ(json(status).at("uptime_seconds").as_double(), 12.5);
  EXPECT_EQ(json(status).at("requests").at("hit").as_int64(), 1);
  EXPECT_EQ(json(status).at("requests").at("miss").as_int64(), 1);
  EXPECT_EQ(json(status).at("tiers").as_array().size(), 2U);
  EXPECT_EQ(status.header("Cache-Control"), "no-store");
  EXPECT_EQ(metrics.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(metrics.body.find(R"(refrain_requests_total{service="sticker",result="hit"} 1)"),
            std::string::npos);
}

TEST_F(StatusRoutesTest, KeepsTheSumsOfTheContract) {
  keep("a");
  keep("b");
  keep("a");
  ASSERT_TRUE(run(loop_, cache_.erase(sample_key("b"))).has_value());

  const boost::json::value status = json(ask(get("/cache-status")));

  const boost::json::value& requests = status.at("requests");
  EXPECT_EQ(requests.at("total").as_int64(),
            requests.at("hit").as_int64() + requests.at("stale").as_int64() +
                requests.at("miss").as_int64() + requests.at("bypass").as_int64());
  for (const boost::json::value& tier : status.at("tiers").as_array()) {
    std::int64_t removals = 0;
    for (const auto& cause : tier.at("removals").as_object())
      removals += cause.value().as_int64();
    EXPECT_EQ(tier.at("insertions").as_int64() - removals, tier.at("items").as_int64());
    EXPECT_EQ(tier.at("items").as_int64(), 1);
  }
}

TEST_F(StatusRoutesTest, LetsNobodyFromElsewhereForgetWithoutAToken) {
  const std::string digest = keep("a");

  EXPECT_EQ(problem(ask(deletion("/v1/cache"))), "403 forbidden -");
  EXPECT_EQ(problem(ask(deletion("/v1/cache/" + digest))), "403 forbidden -");
  EXPECT_EQ(problem(ask(deletion("/v1/cache", bearer("")))), "403 forbidden -");
  EXPECT_EQ(items(), 1);
}

TEST_F(StatusRoutesTest, LetsLoopbackForgetWithoutAToken) {
  const std::string digest = keep("a");
  RunningServer server(router_);

  const HttpReply reply = HttpClient(server.port()).exchange(deletion("/v1/cache/" + digest));

  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(items(), 0);
}

TEST_F(StatusRoutesTest, AsksLoopbackForTheTokenToo) {
  context_.admin_token = "secret";
  RunningServer server(router_);

  const HttpReply reply = HttpClient(server.port()).exchange(deletion("/v1/cache"));

  EXPECT_EQ(reply.status, 401U);
  EXPECT_EQ(reply.header("WWW-Authenticate"), "Bearer");
}

TEST_F(StatusRoutesTest, RefusesAWrongToken) {
  context_.admin_token = "secret";
  const std::string digest = keep("a");

  for (const std::string& fields : {std::string(),
                                    bearer(""),
                                    bearer("secre"),
                                    bearer("secret2"),
                                    bearer("Secret"),
                                    bearer("secrex"),
                                    std::string("Authorization: Basic secret\r\n"),
                                    std::string("Authorization: secret\r\n")}) {
    const Reply reply = ask(deletion("/v1/cache/" + digest, fields));
    EXPECT_EQ(problem(reply), "401 unauthorized -") << fields;
    EXPECT_EQ(reply.header("WWW-Authenticate"), "Bearer");
    EXPECT_EQ(reply.body.find("secret"), std::string::npos);
  }
  EXPECT_EQ(items(), 1);
}

TEST_F(StatusRoutesTest, TakesTheNameOfTheSchemeInAnyCase) {
  context_.admin_token = "secret";

  EXPECT_EQ(ask(deletion("/v1/cache", "Authorization: bearer secret\r\n")).status, 200U);
}

TEST_F(StatusRoutesTest, ForgetsOneEntryForTheRightToken) {
  context_.admin_token = "secret";
  const std::string digest = keep("a");
  keep("b");

  const Reply reply = ask(deletion("/v1/cache/" + digest, bearer("secret")));

  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.body, R"({"deleted":true,"status":"success"})");
  EXPECT_EQ(items(), 1);
  EXPECT_FALSE(other_tier().peek(sample_key("a")));
  EXPECT_TRUE(other_tier().peek(sample_key("b")));
}

TEST_F(StatusRoutesTest, SaysThatThereWasNothingToForget) {
  context_.admin_token = "secret";
  const std::string target = "/v1/cache/" + sample_key("a").to_hex();

  EXPECT_EQ(problem(ask(deletion(target, bearer("secret")))), "404 not_found -");
}

TEST_F(StatusRoutesTest, RefusesWhatIsNoDigest) {
  context_.admin_token = "secret";
  const std::string digits = sample_key("a").to_hex();

  for (const std::string& name : {std::string(),
                                  std::string("abc"),
                                  digits + "0",
                                  digits.substr(1),
                                  "g" + digits.substr(1),
                                  digits + ".png",
                                  std::string("../../etc/passwd")})
    EXPECT_EQ(problem(ask(deletion("/v1/cache/" + name, bearer("secret")))),
              "400 invalid_argument digest")
        << name;
}

TEST_F(StatusRoutesTest, SaysSoIfATierFailsToForget) {
  context_.admin_token = "secret";
  const std::string digest = keep("a");
  other_tier().set_failing(FlakyTier::Operation::kErase, true);

  EXPECT_GE(ask(deletion("/v1/cache/" + digest, bearer("secret"))).status, 500U);
}

TEST_F(StatusRoutesTest, ForgetsEverythingByRaisingTheEpoch) {
  context_.admin_token = "secret";
  keep("a");
  keep("b");

  const Reply reply = ask(deletion("/v1/cache", bearer("secret")));

  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.body, R"({"epoch":2,"status":"success"})");
  EXPECT_EQ(epoch_.value(), 2U);
  EXPECT_EQ(items(), 0);
  EXPECT_EQ(other_tier().cleared_epoch(), 2U);
}

TEST_F(StatusRoutesTest, ForgetsEverythingAlsoIfATierCannotBeTold) {
  context_.admin_token = "secret";
  keep("a");
  other_tier().set_failing(FlakyTier::Operation::kClear, true);

  const Reply reply = ask(deletion("/v1/cache", bearer("secret")));

  EXPECT_EQ(reply.status, 200U);
  EXPECT_TRUE(json(reply).as_object().contains("pending"));
  EXPECT_EQ(epoch_.value(), 2U);
}

TEST_F(StatusRoutesTest, ChangesTheLimitsOfMemory) {
  context_.admin_token = "secret";
  context_.memory = memory_;
  keep("a");
  keep("b");

  const Reply reply = ask(limits(R"({"max_items": 1})", bearer("secret")));

  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(json(reply).at("max_items").as_int64(), 1);
  EXPECT_EQ(json(reply).at("max_size_bytes").as_int64(), 100 << 20);
  EXPECT_EQ(json(reply).at("items").as_int64(), 1);
  EXPECT_EQ(items(), 1);
}

TEST_F(StatusRoutesTest, RefusesLimitsThatAreNone) {
  context_.admin_token = "secret";
  context_.memory = memory_;

  EXPECT_EQ(problem(ask(limits(R"({"max_items": 0})", bearer("secret")))),
            "422 unprocessable max_items");
  EXPECT_EQ(problem(ask(limits(R"({"max_size_bytes": "many"})", bearer("secret")))),
            "400 invalid_argument max_size_bytes");
  EXPECT_EQ(problem(ask(limits(R"({"items": 7})", bearer("secret")))), "400 invalid_argument -");
  EXPECT_EQ(problem(ask(limits("{}", bearer("secret")))), "400 invalid_argument max_items");
  EXPECT_EQ(ask(limits("seven", bearer("secret"))).status, 400U);
  EXPECT_EQ(*cache_.stats().tiers.at(0).max_items, 1000);
}

TEST_F(StatusRoutesTest, ChangesNoLimitsForAStranger) {
  context_.admin_token = "secret";
  context_.memory = memory_;

  EXPECT_EQ(ask(limits(R"({"max_items": 1})")).status, 401U);
  EXPECT_EQ(*cache_.stats().tiers.at(0).max_items, 1000);
}

TEST_F(StatusRoutesTest, HasNoLimitsToChangeWithoutMemory) {
  context_.admin_token = "secret";

  EXPECT_EQ(ask(limits(R"({"max_items": 1})", bearer("secret"))).status, 422U);
}

TEST_F(StatusRoutesTest, KnowsNoOtherMethods) {
  const Reply reply = ask(get("/v1/cache"));

  EXPECT_EQ(reply.status, 405U);
  EXPECT_EQ(reply.header("Allow"), "DELETE");
}

}  // namespace
}  // namespace refrain::testing
