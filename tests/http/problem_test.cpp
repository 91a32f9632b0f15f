#include "refrain/http/problem.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <string>

namespace refrain::http {
namespace {

boost::json::value parsed(const Response& response) {
  return boost::json::parse(
      boost::json::string_view(response.body().data(), response.body().size()));
}

TEST(Problem, IsAnErrorObjectOfFourMembers) {
  Response response;
  Problem problem;
  problem.status = 422;
  problem.code = "unprocessable";
  problem.message = "count is 1 to 10";
  problem.param = "count";

  write_problem(response, problem);

  EXPECT_EQ(response.status(), 422U);
  EXPECT_EQ(response.content_type(), "application/json");
  EXPECT_EQ(response.body(),
            R"({"error":{"message":"count is 1 to 10","type":"invalid_request_error",)"
            R"("param":"count","code":"unprocessable"}})");
}

TEST(Problem, HasANullParamIfItIsAboutNoField) {
  Response response;

  write_problem(response, Error(refrain::ErrorCode::kTooLarge, "too much"));

  EXPECT_TRUE(parsed(response).at("error").at("param").is_null());
}

TEST(Problem, EscapesWhatJsonDoesNotTake) {
  Response response;
  const std::string message = "a \"quote\", a \\ and a \n line \x01";

  write_problem(response, Error(refrain::ErrorCode::kInvalidArgument, message, "a\"b"));

  EXPECT_EQ(parsed(response).at("error").at("message").as_string(), message);
  EXPECT_EQ(parsed(response).at("error").at("param").as_string(), "a\"b");
}

TEST(Problem, NamesTheKindOfEveryErrorCode) {
  for (const ErrorCode code : kAllErrorCodes) {
    Response response;

    write_problem(response, Error(code, "a sentence", "field"));

    const auto error = parsed(response).at("error");
    EXPECT_EQ(std::string_view(error.at("code").as_string()), to_string(code));
    EXPECT_EQ(error.at("message").as_string(), "a sentence");
    EXPECT_EQ(error.at("param").as_string(), "field");
    EXPECT_EQ(error.at("type").as_string() == "invalid_request_error", response.status() < 500);
  }
}

TEST(Problem, HasATypeThatSaysWhatToDo) {
  const auto type_of = [](unsigned status) {
    Response response;
    Problem problem;
    problem.status = status;
    write_problem(response, problem);
    return std::string(parsed(response).at("error").at("type").as_string());
  };

  EXPECT_EQ(type_of(400), "invalid_request_error");
  EXPECT_EQ(type_of(401), "authentication_error");
  EXPECT_EQ(type_of(403), "authentication_error");
  EXPECT_EQ(type_of(429), "rate_limit_error");
  EXPECT_EQ(type_of(500), "server_error");
  EXPECT_EQ(type_of(503), "unavailable_error");
  EXPECT_EQ(type_of(504), "timeout_error");
}

TEST(Problem, SaysWhenToComeAgainIfThatHelps) {
  Response unavailable;
  Response internal;

  write_problem(unavailable, Error(refrain::ErrorCode::kUnavailable, "busy"));
  write_problem(internal, Error(refrain::ErrorCode::kInternal, "broken"));

  EXPECT_EQ(unavailable.header_lines(), "Retry-After: 1\r\n");
  EXPECT_EQ(internal.header_lines(), "");
}

TEST(Problem, TakesThePlaceOfWhateverTheResponseHeld) {
  Response response;
  response.add_header("Cache-Control", "immutable");
  response.set_body("image/png", "half a picture");

  write_problem(response, Error(refrain::ErrorCode::kInternal, "broken"));

  EXPECT_EQ(response.header_lines(), "");
  EXPECT_EQ(response.content_type(), "application/json");
  EXPECT_EQ(response.status(), 500U);
}

}  // namespace
}  // namespace refrain::http
