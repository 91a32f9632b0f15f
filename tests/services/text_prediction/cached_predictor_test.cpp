#include "refrain/services/text_prediction/cached_predictor.h"

#include "services/service_rig.h"
#include "services/text_prediction/counting_predictor.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

namespace refrain::testing {
namespace {

class CachedPredictorTest : public ServiceRig {
protected:
  CachedPredictorTest() : ServiceRig("text") {}

  std::string key(Result<RequestFields> fields,
                  AnswerShape shape = AnswerShape::kPredictions,
                  std::string_view tenant = "") {
    if (!fields) throw std::invalid_argument(fields.error().message());
    const auto query = TextQuery::read(std::move(*fields), shape, 100);
    if (!query) throw std::invalid_argument(query.error().message());
    return cached_.key(*query, tenant).to_hex();
  }

  std::string body_key(std::string_view body,
                       AnswerShape shape = AnswerShape::kPredictions,
                       std::string_view tenant = "") {
    return key(RequestFields::from_json(body), shape, tenant);
  }

  CountingPredictor predictor_{clock_};
  CachedPredictor cached_{predictor_, cache_};
};

TEST_F(CachedPredictorTest, GivesEveryDifferentRequestItsOwnKey) {
  std::set<std::string> keys;
  const std::initializer_list<const char*> bodies = {R"({"text":"a"})",
                                                     R"({"text":"a "})",
                                                     R"({"text":"A"})",
                                                     R"({"text":"b"})",
                                                     R"({"text":""})",
                                                     R"({"text":"a","count":4})",
                                                     R"({"text":"a","words":2})",
                                                     R"({"text":"a","count":4,"words":2})",
                                                     R"({"text":"a","mode":"next"})",
                                                     R"({"text":"a","x":1})",
                                                     R"({"text":"a","x":1.0})",
                                                     R"({"text":"a","x":"1"})",
                                                     R"({"text":"a","y":1})",
                                                     R"({"text":"a","x":null})"};

  for (const char* body : bodies)
    keys.insert(body_key(body));

  EXPECT_EQ(keys.size(), bodies.size());
}

TEST_F(CachedPredictorTest, GivesEqualRequestsOneKeyHoweverTheyAreWritten) {
  const std::string one = body_key(R"({"text":"a b","count":3,"words":1,"mode":"complete"})");

  EXPECT_EQ(body_key(R"({"mode":"complete","words":1,"count":3,"text":"a b"})"), one);
  EXPECT_EQ(body_key(R"({ "text" : "a\u0020b" })"), one);
  EXPECT_EQ(body_key(R"({"text":"a b","mode":"auto","count":null,"user":"me"})"), one);
  EXPECT_EQ(key(RequestFields::from_query("text=a+b")), one);
  EXPECT_EQ(key(RequestFields::from_query("mode=auto&text=a%20b&words=1")), one);
}

TEST_F(CachedPredictorTest, GivesEachShapeItsOwnKey) {
  EXPECT_NE(body_key(R"({"text":"a "})", AnswerShape::kWords),
            body_key(R"({"text":"a "})", AnswerShape::kPredictions));
}

TEST_F(CachedPredictorTest, GivesEachTenantItsOwnKey) {
  std::set<std::string> keys;
  for (const char* tenant : {"", "a", "A", "a "})
    keys.insert(body_key(R"({"text":"a"})", AnswerShape::kPredictions, tenant));

  EXPECT_EQ(keys.size(), 4U);
}

TEST_F(CachedPredictorTest, GivesAnotherModelVersionOrEpochAnotherKey) {
  std::set<std::string> keys{body_key(R"({"text":"a"})")};
  predictor_.name = "other";
  keys.insert(body_key(R"({"text":"a"})"));
  predictor_.version = "2";
  keys.insert(body_key(R"({"text":"a"})"));
  epoch_.adopt(9);
  keys.insert(body_key(R"({"text":"a"})"));

  EXPECT_EQ(keys.size(), 4U);
}

TEST_F(CachedPredictorTest, StoresTheAnswerAsItIsSent) {
  const TextQuery query(
      PredictionRequest("a", 2, 2, PredictionMode::kNext), AnswerShape::kWords, "");
  const CacheKey key = cached_.key(query, "");

  const auto answer = run(loop_, cached_.predict(cache_.probe(key, CacheDirectives()), query));

  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->entry().body(), R"({"status":"success","words":["a w0 w1","a w10 w11"]})");
  EXPECT_EQ(answer->entry().content_type(), "application/json");
  EXPECT_EQ(answer->entry().key(), key);
  EXPECT_EQ(answer->entry().metadata().cost, std::chrono::milliseconds(800));
}

}  // namespace
}  // namespace refrain::testing
