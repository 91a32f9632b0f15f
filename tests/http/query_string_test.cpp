#include "refrain/http/query_string.h"

#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace refrain::http {
namespace {

using namespace std::string_view_literals;

using Parameters = std::vector<std::pair<std::string, std::string>>;

Parameters parameters(std::string_view query) {
  const auto parsed = QueryString::parse(query);
  if (!parsed) throw std::invalid_argument(parsed.error().message());
  return parsed->parameters();
}

// The kind of error, its field behind a colon; "ok" if there is none.
std::string failure(std::string_view query) {
  const auto parsed = QueryString::parse(query);
  if (parsed) return "ok";
  return std::string(to_string(parsed.error().code())) + ":" + parsed.error().field();
}

TEST(QueryString, KeepsTheOrderOfItsParameters) {
  EXPECT_EQ(parameters("b=1&a=2&c=3"), (Parameters{{"b", "1"}, {"a", "2"}, {"c", "3"}}));
}

TEST(QueryString, MayBeEmptyOrHaveEmptyParts) {
  EXPECT_EQ(parameters(""), Parameters());
  EXPECT_EQ(parameters("&&"), Parameters());
  EXPECT_EQ(parameters("&a=1&&b=2&"), (Parameters{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(parameters("a"), (Parameters{{"a", ""}}));
  EXPECT_EQ(parameters("a="), (Parameters{{"a", ""}}));
  EXPECT_EQ(parameters("=a"), (Parameters{{"", "a"}}));
}

TEST(QueryString, SplitsAtTheFirstEqualsSign) {
  EXPECT_EQ(parameters("a=b=c"), (Parameters{{"a", "b=c"}}));
}

TEST(QueryString, DecodesPercentEscapesOfBothCasesAndPlus) {
  EXPECT_EQ(parameters("a=%41%7a%7A+%2B%26%3D%25"), (Parameters{{"a", "Azz +&=%"}}));
  EXPECT_EQ(parameters("a%20b+c=1"), (Parameters{{"a b c", "1"}}));
  EXPECT_EQ(parameters("caf%C3%A9=%F0%9F%90%88"),
            (Parameters{{"caf\xc3\xa9", "\xf0\x9f\x90\x88"}}));
}

TEST(QueryString, DecodesAZeroByte) {
  EXPECT_EQ(parameters("a=b%00c"), (Parameters{{"a", std::string("b\0c"sv)}}));
}

TEST(QueryString, DecodesOnce) {
  EXPECT_EQ(parameters("a=%2541"), (Parameters{{"a", "%41"}}));
}

TEST(QueryString, RefusesBrokenEscapes) {
  for (const std::string_view query : {"a=%",
                                       "a=%4",
                                       "a=%4&b=1",
                                       "a=%g0",
                                       "a=%0g",
                                       "a=% 1",
                                       "%=1",
                                       "a=%%41",
                                       "a=1%",
                                       "a=%-1",
                                       "a=%\xc3\xa9"})
    EXPECT_EQ(failure(query), "invalid_argument:") << query;
}

TEST(QueryString, RefusesWhatIsNotUtf8AndNamesTheParameter) {
  EXPECT_EQ(failure("prompt=%ff"), "invalid_argument:prompt");
  EXPECT_EQ(failure("prompt=%C3"), "invalid_argument:prompt");
  EXPECT_EQ(failure("prompt=%ED%A0%80"), "invalid_argument:prompt");
  EXPECT_EQ(failure("%ff=1"), "invalid_argument:");
  EXPECT_EQ(failure("prompt=\xff"), "invalid_argument:prompt");
}

TEST(QueryString, RefusesAParameterThatIsGivenTwice) {
  EXPECT_EQ(failure("a=1&b=2&a=1"), "invalid_argument:a");
  EXPECT_EQ(failure("a=1&%61=2"), "invalid_argument:a");
  EXPECT_EQ(failure("a=1&A=2"), "ok");
}

TEST(QueryString, TakesSixtyFourParametersAndNoMore) {
  std::string query = "a0";
  for (int i = 1; i < 64; ++i)
    query += "&a" + std::to_string(i);

  EXPECT_EQ(parameters(query).size(), 64U);
  EXPECT_EQ(failure(query + "&more"), "invalid_argument:");
  EXPECT_EQ(failure(query + "&&"), "ok");
}

TEST(QueryString, FindsAParameterByName) {
  const auto query = QueryString::parse("a=1&b=");

  ASSERT_TRUE(query);
  EXPECT_EQ(query->find("a"), "1"sv);
  EXPECT_EQ(query->find("b"), ""sv);
  EXPECT_EQ(query->find("c"), std::nullopt);
}

}  // namespace
}  // namespace refrain::http
