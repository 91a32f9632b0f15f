#include "refrain/services/text_prediction/text_prediction_service.h"

#include "services/service_rig.h"
#include "services/text_prediction/counting_predictor.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace refrain::testing {
namespace {

const std::string kPredict = post("/predict", R"({"text":"I would","predictions":2,"tokens":1})");

class TextPredictionServiceTest : public ServiceRig {
protected:
  TextPredictionServiceTest() : ServiceRig("text") { service_.add_routes(router_); }

  CountingPredictor predictor_{clock_};
  CachedPredictor cached_{predictor_, cache_};
  TextPredictionService service_{context_, cached_, 100};
};

TEST_F(TextPredictionServiceTest, PredictsOnceAndRemembers) {
  const Reply first = ask(kPredict);
  const Reply second = ask(kPredict);

  EXPECT_EQ(first.status, 200U);
  EXPECT_EQ(first.content_type, "application/json");
  EXPECT_EQ(first.body, R"({"status":"success","words":["I would w0","I would w10"]})");
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(predictor_.calls, 1);
}

TEST_F(TextPredictionServiceTest, TellsHowItCameByTheAnswer) {
  const Reply first = ask(kPredict);
  clock_.advance(std::chrono::seconds(188));
  const Reply second = ask(kPredict);

  EXPECT_EQ(first.header("Cache-Status"), "refrain; fwd=miss; stored");
  EXPECT_EQ(first.header("Server-Timing"), "cache;dur=0.000, gen;dur=800.000");
  EXPECT_EQ(first.header("Age"), "");
  EXPECT_EQ(second.header("Cache-Status"), "refrain; hit; ttl=3412; detail=memory");
  EXPECT_EQ(second.header("Age"), "188");
}

TEST_F(TextPredictionServiceTest, GivesPredictionsWithTheirWordsAndScores) {
  const Reply reply = ask(post("/v1/predictions", R"({"text":"a ","count":2,"words":2})"));

  EXPECT_EQ(reply.body,
            R"({"model":"counting","mode":"next","predictions":[)"
            R"({"text":"a  w0 w1","words":["w0","w1"],"score":-5E-1},)"
            R"({"text":"a  w10 w11","words":["w10","w11"],"score":-5E-1}]})");
}

TEST_F(TextPredictionServiceTest, AnswersGetAndQueryAndPostFromOneEntry) {
  const Reply by_post = ask(post("/v1/predictions", R"({"text":"a b","count":2})"));
  const Reply by_query = ask(with_body("QUERY", "/v1/predictions", R"({"count":2,"text":"a b"})"));
  const Reply by_get = ask(get("/v1/predictions?count=2&text=a+b"));

  EXPECT_EQ(predictor_.calls, 1);
  EXPECT_EQ(by_query.body, by_post.body);
  EXPECT_EQ(by_get.body, by_post.body);
}

TEST_F(TextPredictionServiceTest, LetsOthersKeepTheAnswerOfAGetOnly) {
  EXPECT_EQ(ask(get("/v1/predictions?text=a")).header("Cache-Control"), "max-age=3600");
  EXPECT_EQ(ask(with_body("QUERY", "/v1/predictions", R"({"text":"a"})")).header("Cache-Control"),
            "max-age=3600");
  EXPECT_EQ(ask(post("/v1/predictions", R"({"text":"a"})")).header("Cache-Control"), "");
}

TEST_F(TextPredictionServiceTest, AnswersHeadAsItWouldAnswerGet) {
  const Reply reply = ask("HEAD /v1/predictions?text=a HTTP/1.1\r\nHost: x\r\n\r\n");

  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(ask(get("/v1/predictions?text=a")).header("Cache-Status"),
            "refrain; hit; ttl=3600; detail=memory");
}

TEST_F(TextPredictionServiceTest, NamesTheFieldThatIsWrong) {
  EXPECT_EQ(problem(ask(post("/predict", "{}"))), "400 invalid_argument text");
  EXPECT_EQ(problem(ask(post("/predict", R"({"text":"a","tokens":99})"))),
            "422 unprocessable tokens");
  EXPECT_EQ(problem(ask(get("/v1/predictions?text=a&mode=x"))), "400 invalid_argument mode");
  EXPECT_EQ(problem(ask(get("/v1/predictions?text=a&text=b"))), "400 invalid_argument text");
  EXPECT_EQ(problem(ask(post("/predict", "not json"))), "400 invalid_argument -");
  EXPECT_EQ(problem(ask(post("/predict", R"({"text":")" + std::string(101, 'a') + R"("})"))),
            "422 unprocessable text");
  EXPECT_EQ(predictor_.calls, 0);
}

TEST_F(TextPredictionServiceTest, RegeneratesForNoCacheAndKeepsTheNewAnswer) {
  ask(kPredict);
  clock_.advance(std::chrono::minutes(30));

  const Reply again = ask(post("/predict",
                               R"({"text":"I would","predictions":2,"tokens":1})",
                               "Cache-Control: no-cache\r\n"));

  EXPECT_EQ(again.header("Cache-Status"), "refrain; fwd=miss; stored");
  EXPECT_EQ(predictor_.calls, 2);
  EXPECT_EQ(ask(kPredict).header("Cache-Status"), "refrain; hit; ttl=3600; detail=memory");
}

TEST_F(TextPredictionServiceTest, PassesByBothWaysForNoStore) {
  const Reply reply = ask(get("/v1/predictions?text=a", "Cache-Control: no-store\r\n"));

  EXPECT_EQ(reply.header("Cache-Status"), "refrain; fwd=bypass");
  EXPECT_EQ(cache_.stats().tiers.at(0).items, 0);
}

TEST_F(TextPredictionServiceTest, DoesNotGenerateForOnlyIfCached) {
  const std::string fields = "Cache-Control: only-if-cached\r\n";

  EXPECT_EQ(problem(ask(get("/v1/predictions?text=a", fields))), "504 timeout -");
  EXPECT_EQ(predictor_.calls, 0);

  ask(get("/v1/predictions?text=a"));
  EXPECT_EQ(ask(get("/v1/predictions?text=a", fields)).status, 200U);
}

TEST_F(TextPredictionServiceTest, AcceptsNothingOlderThanMaxAge) {
  ask(get("/v1/predictions?text=a"));
  clock_.advance(std::chrono::seconds(60));

  ask(get("/v1/predictions?text=a", "Cache-Control: max-age=60\r\n"));
  EXPECT_EQ(predictor_.calls, 1);

  ask(get("/v1/predictions?text=a", "Cache-Control: max-age=59\r\n"));
  EXPECT_EQ(predictor_.calls, 2);
}

TEST_F(TextPredictionServiceTest, ServesAStaleAnswerAndRefreshesBehindIt) {
  ask(kPredict);
  clock_.advance(std::chrono::seconds(3630));
  predictor_.gate.close();

  const Reply stale = ask(kPredict);
  predictor_.gate.open();
  settle();
  const Reply fresh = ask(kPredict);

  EXPECT_EQ(stale.header("Cache-Status"), "refrain; hit; ttl=-30; detail=stale");
  EXPECT_EQ(fresh.header("Cache-Status"), "refrain; hit; ttl=3600; detail=memory");
  EXPECT_EQ(predictor_.calls, 2);
}

TEST_F(TextPredictionServiceTest, ServesAStaleAnswerWhileTheModelFails) {
  const Reply good = ask(kPredict);
  clock_.advance(std::chrono::seconds(3630));
  predictor_.failure = Error(ErrorCode::kUnavailable, "down");

  ask(kPredict);
  settle();
  const Reply reply = ask(kPredict);

  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.body, good.body);
}

TEST_F(TextPredictionServiceTest, SaysThatTheModelIsDownAndKeepsNothing) {
  predictor_.failure = Error(ErrorCode::kUnavailable, "the model is down");

  const Reply reply = ask(kPredict);

  EXPECT_EQ(problem(reply), "503 unavailable -");
  EXPECT_EQ(reply.header("Retry-After"), "1");
  EXPECT_EQ(cache_.stats().tiers.at(0).insertions, 0);

  predictor_.failure.reset();
  EXPECT_EQ(ask(kPredict).status, 200U);
}

TEST_F(TextPredictionServiceTest, SaysThatItFailedItself) {
  predictor_.failure = Error(ErrorCode::kInternal, "oops");

  EXPECT_EQ(problem(ask(kPredict)), "500 internal -");
  EXPECT_EQ(cache_.stats().tiers.at(0).insertions, 0);
}

TEST_F(TextPredictionServiceTest, LetsEqualRequestsShareOneGeneration) {
  predictor_.gate.close();
  std::vector<std::unique_ptr<Exchanging>> requests;
  for (int i = 0; i < 100; ++i)
    requests.push_back(std::make_unique<Exchanging>(router_, kPredict, loop_));
  settle();
  predictor_.gate.open();

  int collapsed = 0;
  for (const auto& request : requests) {
    const Reply reply = request->finish();
    EXPECT_EQ(reply.status, 200U);
    collapsed += reply.header("Cache-Status") == "refrain; fwd=miss; collapsed" ? 1 : 0;
  }

  EXPECT_EQ(predictor_.calls, 1);
  EXPECT_EQ(collapsed, 99);
}

TEST_F(TextPredictionServiceTest, TurnsAwayWhatWouldBeTooManyGenerations) {
  predictor_.gate.close();
  std::vector<std::unique_ptr<Exchanging>> requests;
  for (std::size_t i = 0; i < kMaxGenerations; ++i) {
    requests.push_back(std::make_unique<Exchanging>(
        router_, get("/v1/predictions?text=" + std::to_string(i)), loop_));
  }
  settle();

  const Reply reply = ask(get("/v1/predictions?text=more"));
  predictor_.gate.open();

  EXPECT_EQ(problem(reply), "503 unavailable -");
  EXPECT_EQ(reply.header("Retry-After"), "1");
  EXPECT_EQ(cache_.stats().generation.rejected, 1);
  for (const auto& request : requests)
    EXPECT_EQ(request->finish().status, 200U);
}

TEST_F(TextPredictionServiceTest, DoesNotShareBetweenTenants) {
  context_.tenant_header = "X-Tenant";

  for (const char* tenant : {"a", "b", "a", "b"})
    ask(get("/v1/predictions?text=a", "X-Tenant: " + std::string(tenant) + "\r\n"));

  EXPECT_EQ(predictor_.calls, 2);
}

TEST_F(TextPredictionServiceTest, KnowsNoOtherMethods) {
  const Reply reply = ask(get("/predict"));

  EXPECT_EQ(reply.status, 405U);
  EXPECT_EQ(reply.header("Allow"), "POST");
}

}  // namespace
}  // namespace refrain::testing
