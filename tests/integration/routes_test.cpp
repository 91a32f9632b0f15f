#include "support/service_process.h"
#include "support/temp_dir.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace refrain {
namespace {

using ::testing::HasSubstr;
using testing::HttpReply;
using testing::ServiceProcess;
using ::testing::StartsWith;
using testing::TempDir;

/// Both services without Redis, one process for all tests of the suite.
class Routes : public ::testing::Test {
protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TempDir>();
    service_ = std::make_unique<ServiceProcess>(
        std::vector<std::string>{
            "serve", "--no-redis", "--mock-delay", "0", "--admin-token", "secret"},
        folder_->path().string());
  }
  static void TearDownTestSuite() {
    service_.reset();
    folder_.reset();
  }

  static std::uint16_t text() { return service_->text_port(); }
  static std::uint16_t sticker() { return service_->sticker_port(); }

  static HttpReply post(std::uint16_t port,
                        std::string_view target,
                        std::string_view body,
                        std::string_view headers = {}) {
    return testing::send_json(port, "POST", target, body, headers);
  }

  static boost::json::object error_of(const HttpReply& reply) {
    return boost::json::parse(reply.body).at("error").as_object();
  }

private:
  static inline std::unique_ptr<TempDir> folder_;
  static inline std::unique_ptr<ServiceProcess> service_;
};

TEST_F(Routes, PredictAnswersInTheMissionsShape) {
  const HttpReply reply =
      post(text(), "/predict", R"({"text":"I would like","predictions":3,"tokens":2})");

  ASSERT_EQ(reply.status, 200) << reply.body;
  const boost::json::object body = boost::json::parse(reply.body).as_object();
  EXPECT_EQ(body.at("status").as_string(), "success");
  ASSERT_EQ(body.at("words").as_array().size(), 3U);
  EXPECT_THAT(std::string(body.at("words").as_array()[0].as_string()),
              StartsWith("I would like to "));
}

TEST_F(Routes, PredictionsNameTheLikeliestWordFirst) {
  const HttpReply reply = post(text(), "/v1/predictions", R"({"text":"thank ","count":1})");

  ASSERT_EQ(reply.status, 200) << reply.body;
  const boost::json::object body = boost::json::parse(reply.body).as_object();
  EXPECT_EQ(body.at("mode").as_string(), "next");
  EXPECT_FALSE(body.at("model").as_string().empty());
  const boost::json::object first = body.at("predictions").as_array().at(0).as_object();
  EXPECT_EQ(first.at("text").as_string(), "thank you");
  EXPECT_EQ(first.at("words").as_array().at(0).as_string(), "you");
  EXPECT_LE(first.at("score").to_number<double>(), 0.0);
}

TEST_F(Routes, AutomaticModeFinishesAHalfTypedWord) {
  const HttpReply reply = testing::get(text(), "/v1/predictions?text=I+would+li&count=1");

  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_THAT(reply.body, HasSubstr(R"("mode":"complete")"));
  EXPECT_THAT(reply.body, HasSubstr(R"("text":"I would like")"));
}

TEST_F(Routes, GetPostAndQueryOfEqualRequestsShareOneEntry) {
  const HttpReply first = post(text(), "/v1/predictions", R"({"count":2,"text":"shared entry "})");
  const HttpReply second = testing::get(text(), "/v1/predictions?text=shared%20entry%20&count=2");
  const HttpReply third = testing::send_json(
      text(), "QUERY", "/v1/predictions", R"({"text":"shared entry ","count":2,"words":1})");

  EXPECT_EQ(first.header("Cache-Status"), "refrain; fwd=miss; stored");
  EXPECT_THAT(std::string(second.header("Cache-Status")),
              ::testing::MatchesRegex("refrain; hit; ttl=3[0-9]+; detail=memory"));
  EXPECT_THAT(std::string(third.header("Cache-Status")), StartsWith("refrain; hit; "));
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(third.body, first.body);
  EXPECT_EQ(second.header("Age"), "0");
  EXPECT_THAT(std::string(second.header("Server-Timing")), StartsWith("cache;dur="));
}

TEST_F(Routes, RequestIdsAreEchoedOrMade) {
  EXPECT_EQ(testing::get(text(), "/healthz", "X-Request-Id: mine-1\r\n").header("X-Request-Id"),
            "mine-1");
  EXPECT_FALSE(testing::get(text(), "/healthz").header("X-Request-Id").empty());
}

TEST_F(Routes, AStickerIsAnImageWithAnAddressOfItsOwn) {
  const HttpReply made = post(sticker(), "/v1/stickers", R"({"prompt":"a happy cat","size":128})");
  ASSERT_EQ(made.status, 200) << made.body;
  EXPECT_EQ(made.header("Content-Type"), "image/png");
  EXPECT_THAT(made.body, StartsWith("\x89PNG\r\n"));

  const std::string address(made.header("Content-Location"));
  const HttpReply again = testing::get(sticker(), address);

  EXPECT_THAT(address, ::testing::MatchesRegex("/v1/stickers/[0-9a-f]+[.]png"));
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.body, made.body);
  EXPECT_THAT(std::string(again.header("Cache-Control")), HasSubstr("immutable"));
  EXPECT_EQ(again.header("ETag"), made.header("ETag"));
}

TEST_F(Routes, AnUnchangedStickerIsNotSentAgain) {
  const HttpReply made =
      testing::get(sticker(), "/v1/stickers?prompt=unchanged&size=128&format=webp");
  ASSERT_EQ(made.status, 200);
  EXPECT_EQ(made.header("Content-Type"), "image/webp");

  const std::string condition = "If-None-Match: " + std::string(made.header("ETag")) + "\r\n";
  testing::HttpClient client(sticker());
  client.send("GET " + std::string(made.header("Content-Location")) + " HTTP/1.1\r\nHost: x\r\n" +
              condition + "\r\n");
  const HttpReply unchanged = client.read_reply(testing::Content::kIsAbsent);

  EXPECT_EQ(unchanged.status, 304);
  EXPECT_EQ(unchanged.header("ETag"), made.header("ETag"));
}

TEST_F(Routes, UnknownDigestsAndTraversalsAreNotFound) {
  const std::string unknown = "/v1/stickers/" + std::string(64, 'a') + ".png";

  EXPECT_EQ(testing::get(sticker(), unknown).status, 404);
  EXPECT_EQ(testing::get(sticker(), "/v1/stickers/../../etc/passwd").status, 404);
  EXPECT_EQ(testing::get(sticker(), "/v1/stickers/" + std::string(64, 'a') + ".gif").status, 404);
}

TEST_F(Routes, GenerateStickerAnswersInTheMissionsShape) {
  const HttpReply reply = post(sticker(), "/generate-sticker", R"({"prompt":"party","size":128})");

  ASSERT_EQ(reply.status, 200) << reply.body;
  const boost::json::object body = boost::json::parse(reply.body).as_object();
  EXPECT_EQ(body.at("format").as_string(), "png");
  EXPECT_THAT(std::string(body.at("image").as_string()), StartsWith("iVBORw0KGgo"));
}

TEST_F(Routes, DirectivesOfTheRequestAreObeyed) {
  const std::string target = "/v1/predictions?text=directives+";
  EXPECT_EQ(testing::get(text(), target, "Cache-Control: only-if-cached\r\n").status, 504);
  EXPECT_EQ(testing::get(text(), target, "Cache-Control: no-store\r\n").header("Cache-Status"),
            "refrain; fwd=bypass");
  EXPECT_EQ(testing::get(text(), target).header("Cache-Status"), "refrain; fwd=miss; stored");
  EXPECT_EQ(testing::get(text(), target, "Cache-Control: only-if-cached\r\n").status, 200);
  EXPECT_EQ(testing::get(text(), target, "Cache-Control: no-cache\r\n").header("Cache-Status"),
            "refrain; fwd=miss; stored");
  EXPECT_THAT(
      std::string(
          testing::get(text(), target, "Cache-Control: max-age=3600\r\n").header("Cache-Status")),
      StartsWith("refrain; hit; "));
}

TEST_F(Routes, BadRequestsAreToldWhichFieldIsWrongAndNothingIsKept) {
  struct Case {
    const char* body;
    unsigned status;
    const char* param;
  };
  const std::vector<Case> cases = {
      {R"({"count":3})", 400, "text"},
      {R"({"text":5})", 400, "text"},
      {R"({"text":"a","count":"3"})", 400, "count"},
      {R"({"text":"a","count":2.5})", 400, "count"},
      {R"({"text":"a","count":99})", 422, "count"},
      {R"({"text":"a","words":0})", 422, "words"},
      {R"({"text":"a","mode":"x"})", 400, "mode"},
      {R"({"text":"a","text":"b"})", 400, "text"},
  };
  const std::int64_t before = testing::tier_status(text(), "memory").at("items").as_int64();

  for (const Case& one : cases) {
    const HttpReply reply = post(text(), "/v1/predictions", one.body);
    EXPECT_EQ(reply.status, one.status) << one.body;
    EXPECT_EQ(error_of(reply).at("param").as_string(), one.param) << one.body;
  }
  const HttpReply too_long =
      post(text(), "/predict", R"({"text":")" + std::string(5000, 'a') + R"("})");
  EXPECT_EQ(too_long.status, 422);
  EXPECT_EQ(post(sticker(), "/v1/stickers", R"({"prompt":"a","size":1})").status, 422);
  EXPECT_EQ(post(sticker(), "/v1/stickers", R"({"prompt":"  "})").status, 400);
  EXPECT_EQ(post(sticker(), "/v1/stickers", R"({"prompt":"a","platform":"whatsapp"})").status, 422);

  EXPECT_EQ(testing::tier_status(text(), "memory").at("items").as_int64(), before);
}

TEST_F(Routes, HostileBodiesAreRefusedAndTheServiceGoesOn) {
  std::string deep;
  for (int i = 0; i < 10'000; ++i)
    deep += '[';

  EXPECT_EQ(post(text(), "/predict", "{\"text\":").status, 400);
  EXPECT_EQ(post(text(), "/predict", "[1]").status, 400);
  EXPECT_EQ(post(text(), "/predict", deep).status, 400);
  EXPECT_EQ(post(text(), "/predict", "{\"text\":\"\xff\"}").status, 400);
  EXPECT_EQ(testing::get(text(), "/v1/predictions?text=%ff").status, 400);
  EXPECT_EQ(testing::get(text(), "/v1/predictions?text=%4").status, 400);
  EXPECT_EQ(post(text(), "/predict", std::string(70'000, ' ')).status, 413);
  EXPECT_EQ(testing::get(text(), "/v1/predictions?text=" + std::string(10'000, 'a')).status, 431);

  EXPECT_EQ(testing::get(text(), "/healthz").status, 200);
}

TEST_F(Routes, WrongMethodsTypesAndRoutesAreNamed) {
  const HttpReply method = testing::send_delete(text(), "/predict");
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(method.header("Allow"), "POST");
  EXPECT_EQ(testing::get(text(), "/nowhere").status, 404);

  testing::HttpClient client(text());
  const HttpReply type = client.exchange(
      "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: "
      "2\r\n\r\n{}");
  EXPECT_EQ(type.status, 415);
  const HttpReply length = client.exchange("POST /predict HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(length.status, 411);
}

TEST_F(Routes, OnlyTheAdministratorForgets) {
  const HttpReply made = testing::get(sticker(), "/v1/stickers?prompt=forget+me&size=128");
  const std::string location(made.header("Content-Location"));
  const std::string digest = location.substr(location.rfind('/') + 1, 64);
  const std::string admin = "Authorization: Bearer secret\r\n";

  EXPECT_EQ(testing::send_delete(sticker(), "/v1/cache/" + digest).status, 401);
  EXPECT_EQ(testing::send_delete(sticker(), "/v1/cache", "Authorization: Bearer wrong\r\n").status,
            401);
  EXPECT_EQ(testing::send_delete(sticker(), "/v1/cache/nonsense", admin).status, 400);
  EXPECT_EQ(testing::send_delete(sticker(), "/v1/cache/" + digest, admin).status, 200);
  EXPECT_EQ(testing::send_delete(sticker(), "/v1/cache/" + digest, admin).status, 404);
  EXPECT_EQ(testing::get(sticker(), location).status, 404);

  EXPECT_EQ(
      testing::get(sticker(), "/v1/stickers?prompt=forget+me&size=128").header("Cache-Status"),
      "refrain; fwd=miss; stored");
  EXPECT_EQ(testing::send_delete(sticker(), "/v1/cache", admin).status, 200);
  EXPECT_EQ(testing::tier_status(sticker(), "disk").at("items").as_int64(), 0);
  EXPECT_EQ(
      testing::get(sticker(), "/v1/stickers?prompt=forget+me&size=128").header("Cache-Status"),
      "refrain; fwd=miss; stored");
}

TEST_F(Routes, HealthAndReadinessAnswer) {
  EXPECT_EQ(testing::get(text(), "/").body,
            R"({"status":"success","message":"Service is running"})");
  EXPECT_EQ(testing::get(sticker(), "/healthz").status, 200);
  EXPECT_THAT(testing::get(sticker(), "/readyz").body, HasSubstr(R"("status":"ready")"));
}

/// The sums that api and statistics promise, on a status that is at rest.
void expect_sums(const boost::json::object& status) {
  const auto number = [](const boost::json::object& object, const char* name) {
    return object.at(name).as_int64();
  };
  const boost::json::object& requests = status.at("requests").as_object();
  EXPECT_EQ(number(requests, "total"),
            number(requests, "hit") + number(requests, "stale") + number(requests, "miss") +
                number(requests, "bypass"));
  EXPECT_LE(number(requests, "coalesced") + number(requests, "error"),
            number(requests, "miss") + number(requests, "bypass"));
  for (const boost::json::value& value : status.at("tiers").as_array()) {
    const boost::json::object& tier = value.as_object();
    std::int64_t removals = 0;
    for (const auto& cause : tier.at("removals").as_object())
      removals += cause.value().as_int64();
    EXPECT_EQ(number(tier, "insertions") - removals, number(tier, "items"))
        << tier.at("name").as_string();
  }
}

TEST_F(Routes, TheSumsHoldAfterAMixedLoadFromManyClients) {
  const std::int64_t before = testing::cache_status(text()).at("requests").at("total").as_int64();
  constexpr int kThreads = 4;
  constexpr int kRequests = 100;
  const std::vector<std::string> directives = {"",
                                               "",
                                               "",
                                               "Cache-Control: no-cache\r\n",
                                               "Cache-Control: no-store\r\n",
                                               "Cache-Control: only-if-cached\r\n",
                                               "Cache-Control: max-age=0\r\n"};

  std::vector<std::thread> clients;
  for (int thread = 0; thread < kThreads; ++thread) {
    clients.emplace_back([&, thread] {
      for (int i = 0; i < kRequests; ++i) {
        const std::string target =
            "/v1/predictions?text=load+" + std::to_string((i * 7 + thread) % 20);
        const HttpReply reply =
            testing::get(text(),
                         target,
                         directives[static_cast<std::size_t>(i * 3 + thread) % directives.size()]);
        EXPECT_TRUE(reply.status == 200 || reply.status == 504) << reply.status;
      }
    });
  }
  for (std::thread& client : clients)
    client.join();

  const boost::json::object status = testing::cache_status(text());
  EXPECT_EQ(status.at("requests").at("total").as_int64() - before, kThreads * kRequests);
  expect_sums(status);
}

TEST_F(Routes, MetricsAndCacheStatusSayTheSame) {
  static_cast<void>(testing::get(text(), "/v1/predictions?text=metrics+"));

  const boost::json::object status = testing::cache_status(text());
  const HttpReply metrics = testing::get(text(), "/metrics");

  std::map<std::string, double> samples;
  std::istringstream lines(metrics.body);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('#'))
      samples[line.substr(0, line.rfind(' '))] = std::stod(line.substr(line.rfind(' ') + 1));
  }
  const auto expected = [&status](const char* kind) {
    return static_cast<double>(status.at("requests").at(kind).as_int64());
  };
  EXPECT_EQ(samples.at(R"(refrain_requests_total{service="text",result="hit"})"), expected("hit"));
  EXPECT_EQ(samples.at(R"(refrain_requests_total{service="text",result="miss"})"),
            expected("miss"));
  EXPECT_EQ(samples.at(R"(refrain_tier_items{service="text",tier="memory"})"),
            static_cast<double>(testing::tier_status(text(), "memory").at("items").as_int64()));
}

}  // namespace
}  // namespace refrain
