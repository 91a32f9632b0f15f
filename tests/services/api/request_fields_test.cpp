#include "refrain/services/api/request_fields.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace refrain {
namespace {

RequestFields json(std::string_view body) {
  Result<RequestFields> fields = RequestFields::from_json(body);
  if (!fields) throw std::invalid_argument(fields.error().message());
  return std::move(*fields);
}

RequestFields query(std::string_view text) {
  Result<RequestFields> fields = RequestFields::from_query(text);
  if (!fields) throw std::invalid_argument(fields.error().message());
  return std::move(*fields);
}

// The kind of error, its field behind a colon; "ok" if there is none.
template <class T>
std::string failure(const Result<T>& result) {
  if (result) return "ok";
  return std::string(to_string(result.error().code())) + ":" + result.error().field();
}

std::string integer_failure(std::string_view body) {
  return failure(json(body).take_optional_integer("n", {-5, 20}));
}

TEST(RequestFields, GivesTextFromABodyAndFromAQuery) {
  EXPECT_EQ(*json(R"({"text":"a \u00e9"})").take_text("text"), "a \xc3\xa9");
  EXPECT_EQ(*query("text=a+%C3%A9").take_text("text"), "a \xc3\xa9");
}

TEST(RequestFields, NamesATextThatIsMissingOrNoText) {
  EXPECT_EQ(failure(json("{}").take_text("text")), "invalid_argument:text");
  EXPECT_EQ(failure(json(R"({"text":null})").take_text("text")), "invalid_argument:text");
  EXPECT_EQ(failure(query("").take_text("text")), "invalid_argument:text");
  for (const char* body :
       {R"({"text":1})", R"({"text":true})", R"({"text":[]})", R"({"text":{"a":1}})"})
    EXPECT_EQ(failure(json(body).take_text("text")), "invalid_argument:text") << body;
}

TEST(RequestFields, GivesNothingForAnOptionalFieldThatIsMissingOrNull) {
  EXPECT_EQ(*json("{}").take_optional_text("a"), std::nullopt);
  EXPECT_EQ(*json(R"({"a":null})").take_optional_text("a"), std::nullopt);
  EXPECT_EQ(*json(R"({"a":null})").take_optional_integer("a", {0, 1}), std::nullopt);
  EXPECT_EQ(*json(R"({"a":null})").take_optional_unsigned("a"), std::nullopt);
  EXPECT_EQ(*json(R"({"a":""})").take_optional_text("a"), "");
}

TEST(RequestFields, GivesWholeNumbersOfItsRange) {
  for (const std::int64_t number : {-5, 0, 7, 20}) {
    const std::string text = std::to_string(number);
    EXPECT_EQ(*json("{\"n\":" + text + "}").take_optional_integer("n", {-5, 20}), number);
    EXPECT_EQ(*query("n=" + text).take_optional_integer("n", {-5, 20}), number);
  }
}

TEST(RequestFields, CannotProcessANumberOutOfItsRange) {
  for (const char* body : {R"({"n":-6})", R"({"n":21})", R"({"n":99999999999999999999999})"})
    EXPECT_EQ(integer_failure(body), "unprocessable:n") << body;
  EXPECT_EQ(failure(query("n=21").take_optional_integer("n", {-5, 20})), "unprocessable:n");
}

TEST(RequestFields, SaysWhichNumbersAreAllowed) {
  const auto result = json(R"({"n":21})").take_optional_integer("n", {-5, 20});

  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message(), "n must be from -5 to 20");
}

TEST(RequestFields, RefusesWhatIsNoWholeNumber) {
  for (const char* body : {R"({"n":"3"})",
                           R"({"n":3.0})",
                           R"({"n":3e0})",
                           R"({"n":true})",
                           R"({"n":[3]})",
                           R"({"n":{}})"})
    EXPECT_EQ(integer_failure(body), "invalid_argument:n") << body;
  for (const char* text : {"n=", "n=3.0", "n=%2B3", "n=+3", "n=0x3", "n=3x", "n=-", "n=null"})
    EXPECT_EQ(failure(query(text).take_optional_integer("n", {-5, 20})), "invalid_argument:n")
        << text;
}

TEST(RequestFields, GivesUnsignedNumbersUpToTheLargest) {
  const std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();

  EXPECT_EQ(*json(R"({"n":18446744073709551615})").take_optional_unsigned("n"), largest);
  EXPECT_EQ(*query("n=18446744073709551615").take_optional_unsigned("n"), largest);
  EXPECT_EQ(failure(json(R"({"n":18446744073709551616})").take_optional_unsigned("n")),
            "unprocessable:n");
  EXPECT_EQ(failure(json(R"({"n":-1})").take_optional_unsigned("n")), "unprocessable:n");
  EXPECT_EQ(failure(json(R"({"n":1.5})").take_optional_unsigned("n")), "invalid_argument:n");
}

TEST(RequestFields, RefusesABodyThatIsNoObject) {
  for (const char* body : {"[]", "1", "\"a\"", "null", "", "{", R"({"a":1,"a":1})"})
    EXPECT_FALSE(RequestFields::from_json(body)) << body;
  EXPECT_EQ(failure(RequestFields::from_json(R"({"a":1,"a":1})")), "invalid_argument:a");
}

TEST(RequestFields, RefusesABrokenQuery) {
  EXPECT_EQ(failure(RequestFields::from_query("a=%f")), "invalid_argument:");
  EXPECT_EQ(failure(RequestFields::from_query("a=1&a=2")), "invalid_argument:a");
}

TEST(RequestFields, KeepsWhatNobodyTook) {
  RequestFields fields = json(R"({"text":"x","zeta":1,"alpha":{"d":1,"c":2}})");

  ASSERT_TRUE(fields.take_text("text"));

  const std::string rest = fields.canonical_rest();
  EXPECT_EQ(rest.find("text"), std::string::npos);
  EXPECT_NE(rest.find("alpha"), std::string::npos);
  EXPECT_LT(rest.find("alpha"), rest.find("zeta"));
}

TEST(RequestFields, HasNoRestWhenEverythingWasTaken) {
  RequestFields fields = json(R"({"text":"x","user":"me"})");

  ASSERT_TRUE(fields.take_text("text"));
  fields.ignore({"user", "absent"});

  EXPECT_EQ(fields.canonical_rest(), "");
}

TEST(RequestFields, WritesTheRestAlikeInWhateverOrderItCame) {
  EXPECT_EQ(json(R"({"a":1,"b":[true],"c":{"x":1,"y":2}})").canonical_rest(),
            json(R"({"c":{"y":2,"x":1},"b":[true],"a":1})").canonical_rest());
  EXPECT_EQ(query("a=1&b=2").canonical_rest(), query("b=2&a=1").canonical_rest());
}

TEST(RequestFields, TellsDifferentRestsApart) {
  const std::string one = json(R"({"a":1})").canonical_rest();

  EXPECT_NE(json(R"({"a":1.0})").canonical_rest(), one);
  EXPECT_NE(json(R"({"a":"1"})").canonical_rest(), one);
  EXPECT_NE(json(R"({"A":1})").canonical_rest(), one);
  EXPECT_NE(json(R"({"a":[1]})").canonical_rest(), one);
  EXPECT_NE(json(R"({"a":1,"b":1})").canonical_rest(), one);
  EXPECT_NE(json(R"({"a":null})").canonical_rest(), "");
}

}  // namespace
}  // namespace refrain
