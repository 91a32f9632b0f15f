#include "refrain/services/api/cached_route.h"

#include "services/service_rig.h"
#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

namespace refrain::testing {
namespace {

/// A route that says its own field `q` back, and counts what it did.
class CachedRouteTest : public ServiceRig {
protected:
  CachedRouteTest() : ServiceRig("text") {
    CachedRoutePolicy<std::string> policy;
    policy.read = [this](RequestFields fields) {
      ++reads_;
      return fields.take_text("q");
    };
    policy.key = [this](const std::string& query, std::string_view tenant) {
      return sample_key(query + "/" + std::string(tenant) + "/" + std::to_string(cache_.epoch()));
    };
    policy.answer = [this](TieredCache::Probe probe, std::string query) {
      Generator generator = [this, query = std::move(query)] {
        return say(query);
      };
      return cache_.get_or_generate(std::move(probe), std::move(generator));
    };
    policy.send = [](Exchange& exchange, const Answer& answer) {
      exchange.send_entry(answer);
    };
    route_ = std::make_unique<CachedRoute<std::string>>(context_, std::move(policy));
    const auto answer = [this](const http::Request& request, http::Response& response) {
      return route_->answer(request, response);
    };
    router_.add(http::Method::kGet, "/say", answer);
    router_.add(http::Method::kPost, "/say", answer);
  }

  Task<Result<Generated>> say(std::string query) {
    ++generations_;
    if (query == "fail") co_return fail(ErrorCode::kInternal, "cannot say that");
    co_return Generated("text/plain", query);
  }

  int reads_ = 0;
  int generations_ = 0;
  std::unique_ptr<CachedRoute<std::string>> route_;
};

TEST_F(CachedRouteTest, GeneratesOnceAndAnswersFromTheCacheThen) {
  const Reply first = ask(get("/say?q=hello"));
  const Reply second = ask(get("/say?q=hello"));

  EXPECT_EQ(first.body, "hello");
  EXPECT_EQ(first.header("Cache-Status"), "refrain; fwd=miss; stored");
  EXPECT_EQ(second.body, "hello");
  EXPECT_EQ(second.header("Cache-Status"), "refrain; hit; ttl=3600; detail=memory");
  EXPECT_EQ(generations_, 1);
}

TEST_F(CachedRouteTest, ReadsTheSameBytesOnlyOnce) {
  ask(get("/say?q=hello"));
  ask(get("/say?q=hello"));
  ask(get("/say?q=hello"));
  EXPECT_EQ(reads_, 1);

  ask(get("/say?q=%68ello"));
  EXPECT_EQ(reads_, 2);
  EXPECT_EQ(generations_, 1);
}

TEST_F(CachedRouteTest, AnswersAHitWithoutACoroutine) {
  ask(get("/say?q=hello"));
  const ParsedRequest request(get("/say?q=hello"));
  http::Response response;

  EXPECT_FALSE(route_->answer(*request, response));
  EXPECT_EQ(response.body(), "hello");
}

TEST_F(CachedRouteTest, GeneratesAgainWhatItKnewOnceTheEntryIsGone) {
  ask(get("/say?q=hello"));
  clock_.advance(std::chrono::hours(2));

  EXPECT_EQ(ask(get("/say?q=hello")).header("Cache-Status"), "refrain; fwd=miss; stored");
  EXPECT_EQ(generations_, 2);
}

TEST_F(CachedRouteTest, RefusesBeforeItGenerates) {
  EXPECT_EQ(problem(ask(get("/say"))), "400 invalid_argument q");
  EXPECT_EQ(problem(ask(post("/say", "{"))), "400 invalid_argument -");
  EXPECT_EQ(problem(ask("POST /say HTTP/1.1\r\nHost: x\r\n\r\n")), "411 length_required -");
  EXPECT_EQ(generations_, 0);
  EXPECT_EQ(cache_.stats().requests.total(), 0);
}

TEST_F(CachedRouteTest, DoesNotLetARememberedRequestPassWithAWrongContentType) {
  ask("POST /say HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{\"q\":\"a\"}");

  const Reply reply =
      ask("POST /say HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\n"
          "{\"q\":\"a\"}");

  EXPECT_EQ(problem(reply), "415 unsupported_media_type Content-Type");
}

TEST_F(CachedRouteTest, NeverGivesOneTenantAnothersAnswer) {
  context_.tenant_header = "X-Tenant";

  ask(get("/say?q=hello", "X-Tenant: a\r\n"));
  ask(get("/say?q=hello", "X-Tenant: b\r\n"));
  ask(get("/say?q=hello"));
  EXPECT_EQ(generations_, 3);

  ask(get("/say?q=hello", "X-Tenant: a\r\n"));
  EXPECT_EQ(generations_, 3);
}

TEST_F(CachedRouteTest, ForgetsWithTheEpoch) {
  ask(get("/say?q=hello"));
  ask(get("/say?q=hello"));

  epoch_.adopt(7);

  EXPECT_EQ(ask(get("/say?q=hello")).header("Cache-Status"), "refrain; fwd=miss; stored");
  EXPECT_EQ(generations_, 2);
}

TEST_F(CachedRouteTest, CountsARememberedRequestOnce) {
  ask(get("/say?q=hello"));
  ask(get("/say?q=hello"));
  ask(get("/say?q=hello", "Cache-Control: no-cache\r\n"));
  ask(get("/say?q=hello", "Cache-Control: no-store\r\n"));

  const RequestStats requests = cache_.stats().requests;
  EXPECT_EQ(requests.hit, 1);
  EXPECT_EQ(requests.miss, 2);
  EXPECT_EQ(requests.bypass, 1);
  EXPECT_EQ(requests.total(), 4);
}

TEST_F(CachedRouteTest, SaysWhyAGenerationFailedAndKeepsNothing) {
  EXPECT_EQ(problem(ask(get("/say?q=fail"))), "500 internal -");
  EXPECT_EQ(problem(ask(get("/say?q=fail"))), "500 internal -");

  EXPECT_EQ(generations_, 2);
  EXPECT_EQ(cache_.stats().tiers.at(0).items, 0);
  EXPECT_EQ(cache_.stats().requests.error, 2);
}

}  // namespace
}  // namespace refrain::testing
