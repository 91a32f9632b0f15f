#include "refrain/services/text_prediction/text_query.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace refrain {
namespace {

Result<TextQuery> read(std::string_view body, AnswerShape shape) {
  Result<RequestFields> fields = RequestFields::from_json(body);
  if (!fields) throw std::invalid_argument(fields.error().message());
  return TextQuery::read(std::move(*fields), shape, 10);
}

Result<TextQuery> words(std::string_view body) {
  return read(body, AnswerShape::kWords);
}

Result<TextQuery> predictions(std::string_view body) {
  return read(body, AnswerShape::kPredictions);
}

std::string failure(const Result<TextQuery>& query) {
  if (query) return "ok";
  return std::string(to_string(query.error().code())) + ":" + query.error().field();
}

TEST(TextQuery, ReadsEveryFieldOfPredict) {
  const auto query = words(R"({"text":"I would","predictions":5,"tokens":2})");

  ASSERT_TRUE(query);
  EXPECT_EQ(query->shape(), AnswerShape::kWords);
  EXPECT_EQ(query->request().text(), "I would");
  EXPECT_EQ(query->request().count(), 5U);
  EXPECT_EQ(query->request().words(), 2U);
  EXPECT_EQ(query->request().mode(), PredictionMode::kNext);
  EXPECT_EQ(query->unknown_fields(), "");
}

TEST(TextQuery, ReadsEveryFieldOfPredictions) {
  const auto query = predictions(R"({"text":"I w","count":4,"words":3,"mode":"complete"})");

  ASSERT_TRUE(query);
  EXPECT_EQ(query->shape(), AnswerShape::kPredictions);
  EXPECT_EQ(query->request().text(), "I w");
  EXPECT_EQ(query->request().count(), 4U);
  EXPECT_EQ(query->request().words(), 3U);
  EXPECT_EQ(query->request().mode(), PredictionMode::kComplete);
  EXPECT_EQ(query->unknown_fields(), "");
}

TEST(TextQuery, HasDefaults) {
  const auto query = predictions(R"({"text":""})");

  ASSERT_TRUE(query);
  EXPECT_EQ(query->request().count(), 3U);
  EXPECT_EQ(query->request().words(), 1U);
  EXPECT_EQ(query->request().mode(), PredictionMode::kAuto);
}

TEST(TextQuery, TakesTheLimitsThemselves) {
  EXPECT_EQ(failure(predictions(R"({"text":"a","count":1,"words":1})")), "ok");
  EXPECT_EQ(failure(predictions(R"({"text":"a","count":20,"words":20})")), "ok");
  EXPECT_EQ(failure(words(R"({"text":"a","predictions":20,"tokens":20})")), "ok");
  EXPECT_EQ(failure(words(R"({"text":"0123456789"})")), "ok");
}

TEST(TextQuery, NamesTheFieldThatIsWrong) {
  EXPECT_EQ(failure(words("{}")), "invalid_argument:text");
  EXPECT_EQ(failure(words(R"({"text":1})")), "invalid_argument:text");
  EXPECT_EQ(failure(words(R"({"text":"a","predictions":"3"})")), "invalid_argument:predictions");
  EXPECT_EQ(failure(words(R"({"text":"a","predictions":0})")), "unprocessable:predictions");
  EXPECT_EQ(failure(words(R"({"text":"a","predictions":21})")), "unprocessable:predictions");
  EXPECT_EQ(failure(words(R"({"text":"a","tokens":1.5})")), "invalid_argument:tokens");
  EXPECT_EQ(failure(words(R"({"text":"a","tokens":0})")), "unprocessable:tokens");
  EXPECT_EQ(failure(words(R"({"text":"a","tokens":21})")), "unprocessable:tokens");
  EXPECT_EQ(failure(predictions(R"({"text":"a","count":-1})")), "unprocessable:count");
  EXPECT_EQ(failure(predictions(R"({"text":"a","count":21})")), "unprocessable:count");
  EXPECT_EQ(failure(predictions(R"({"text":"a","count":[]})")), "invalid_argument:count");
  EXPECT_EQ(failure(predictions(R"({"text":"a","words":0})")), "unprocessable:words");
  EXPECT_EQ(failure(predictions(R"({"text":"a","words":true})")), "invalid_argument:words");
  EXPECT_EQ(failure(predictions(R"({"text":"a","mode":"fast"})")), "invalid_argument:mode");
  EXPECT_EQ(failure(predictions(R"({"text":"a","mode":"Next"})")), "invalid_argument:mode");
  EXPECT_EQ(failure(predictions(R"({"text":"a","mode":1})")), "invalid_argument:mode");
}

TEST(TextQuery, CannotProcessATextThatIsTooLongInCharacters) {
  EXPECT_EQ(failure(words(R"({"text":"01234567890"})")), "unprocessable:text");
  EXPECT_EQ(failure(words("{\"text\":\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
                          "\xc3\xa9\xc3\xa9\xc3\xa9\"}")),
            "ok");
}

TEST(TextQuery, KnowsEachShapesFieldsOnly) {
  EXPECT_NE(words(R"({"text":"a","count":3})")->unknown_fields(), "");
  EXPECT_NE(words(R"({"text":"a","mode":"next"})")->unknown_fields(), "");
  EXPECT_NE(predictions(R"({"text":"a","predictions":3})")->unknown_fields(), "");
}

TEST(TextQuery, KeepsFieldsThatItDoesNotKnow) {
  const auto one = predictions(R"({"text":"a","temperature":0.5,"top_p":1})");
  const auto same = predictions(R"({"top_p":1,"text":"a","temperature":0.5})");
  const auto other = predictions(R"({"text":"a","temperature":0.50,"top_p":1})");

  EXPECT_NE(one->unknown_fields(), "");
  EXPECT_EQ(one->unknown_fields(), same->unknown_fields());
  EXPECT_NE(one->unknown_fields(), other->unknown_fields());
}

TEST(TextQuery, IgnoresWhoAsks) {
  EXPECT_EQ(predictions(R"({"text":"a","user":"me"})")->unknown_fields(), "");
}

}  // namespace
}  // namespace refrain
