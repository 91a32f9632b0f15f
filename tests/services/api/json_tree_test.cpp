#include "refrain/services/api/json_tree.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

namespace refrain {
namespace {

std::string canonical(std::string_view text) {
  const Result<JsonTree> tree = JsonTree::parse(text);
  if (!tree) throw std::invalid_argument(tree.error().message());
  std::string out;
  tree->append_canonical(out);
  return out;
}

// The kind of error, its field behind a colon; "ok" if there is none.
std::string failure(std::string_view text) {
  const Result<JsonTree> tree = JsonTree::parse(text);
  if (tree) return "ok";
  return std::string(to_string(tree.error().code())) + ":" + tree.error().field();
}

TEST(JsonTree, KnowsTheKindOfEveryValue) {
  EXPECT_EQ(JsonTree::parse("null")->kind(), JsonTree::Kind::kNull);
  EXPECT_EQ(JsonTree::parse("true")->kind(), JsonTree::Kind::kBool);
  EXPECT_EQ(JsonTree::parse("1")->kind(), JsonTree::Kind::kNumber);
  EXPECT_EQ(JsonTree::parse("\"a\"")->kind(), JsonTree::Kind::kString);
  EXPECT_EQ(JsonTree::parse("[]")->kind(), JsonTree::Kind::kArray);
  EXPECT_EQ(JsonTree::parse("{}")->kind(), JsonTree::Kind::kObject);
}

TEST(JsonTree, GivesTheContentOfAString) {
  const Result<JsonTree> tree = JsonTree::parse(R"("caf\u00e9 \"\n\u0000 \ud83d\udc08")");

  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->text(), std::string("caf\xc3\xa9 \"\n\0 \xf0\x9f\x90\x88", 14));
}

TEST(JsonTree, KeepsMembersInTheirOrder) {
  const Result<JsonTree> tree = JsonTree::parse(R"({"b":1,"a":[2]})");

  ASSERT_TRUE(tree);
  ASSERT_EQ(tree->members().size(), 2U);
  EXPECT_EQ(tree->members()[0].first, "b");
  EXPECT_EQ(tree->members()[0].second.text(), "1");
  EXPECT_EQ(tree->members()[1].first, "a");
  EXPECT_EQ(tree->members()[1].second.kind(), JsonTree::Kind::kArray);
}

TEST(JsonTree, KeepsNumbersAsTheyWereWritten) {
  const std::string long_number(400, '7');
  for (const std::string& number : {std::string("0"),
                                    std::string("-0"),
                                    std::string("1"),
                                    std::string("1.0"),
                                    std::string("1e0"),
                                    std::string("1E0"),
                                    std::string("9223372036854775808"),
                                    std::string("18446744073709551616"),
                                    std::string("18446744073709551617"),
                                    std::string("-9223372036854775809"),
                                    std::string("0.1000"),
                                    std::string("1e400"),
                                    std::string("12345678901234567890.5e-3"),
                                    long_number,
                                    long_number + "8"}) {
    EXPECT_EQ(JsonTree::parse(number)->text(), number);
    EXPECT_EQ(canonical(number), number);
    EXPECT_NE(canonical("[" + number + "]").find(number), std::string::npos) << number;
  }
}

TEST(JsonTree, TellsDifferentValuesApart) {
  std::set<std::string> seen;
  const std::initializer_list<const char*> all = {"null",
                                                  "true",
                                                  "false",
                                                  "\"true\"",
                                                  "\"\"",
                                                  "1",
                                                  "\"1\"",
                                                  "[]",
                                                  "[[]]",
                                                  "[null]",
                                                  "[1]",
                                                  "[1,2]",
                                                  "[12]",
                                                  "[[1],2]",
                                                  "[[1,2]]",
                                                  "{}",
                                                  "[{}]",
                                                  "{\"a\":1}",
                                                  "{\"a\":\"1\"}",
                                                  "{\"a\":{}}",
                                                  "{\"a\":[]}",
                                                  "{\"a\":null}",
                                                  "{\"a\":[1,2]}",
                                                  "{\"a\":1,\"b\":2}",
                                                  "[\"a\",\"b\"]",
                                                  "[\"a,b\"]",
                                                  "[\"a\\\",\\\"b\"]",
                                                  "{\"a\\\":1,\\\"b\":2}",
                                                  "[\"\\u0000\"]",
                                                  "[\"\\\\u0000\"]"};

  for (const char* text : all)
    seen.insert(canonical(text));

  EXPECT_EQ(seen.size(), all.size());
}

TEST(JsonTree, WritesEqualValuesAlike) {
  EXPECT_EQ(canonical(R"({"a":1,"b":{"c":2,"d":3}})"), canonical(R"({"b":{"d":3,"c":2},"a":1})"));
  EXPECT_EQ(canonical(" [ 1 ,\n{ \"a\" :\t2 } ] "), canonical(R"([1,{"a":2}])"));
  EXPECT_EQ(canonical(R"("caf\u00e9")"), canonical("\"caf\xc3\xa9\""));
  EXPECT_EQ(canonical(R"("\/\u0041")"), canonical(R"("/A")"));
}

TEST(JsonTree, KeepsTheOrderOfAnArray) {
  EXPECT_NE(canonical("[1,2]"), canonical("[2,1]"));
}

TEST(JsonTree, RefusesAMemberThatIsThereTwiceAndNamesIt) {
  EXPECT_EQ(failure(R"({"a":1,"b":2,"a":1})"), "invalid_argument:a");
  EXPECT_EQ(failure(R"({"a":1,"\u0061":2})"), "invalid_argument:a");
  EXPECT_EQ(failure(R"([{"x":{"same":1,"same":1}}])"), "invalid_argument:same");
  EXPECT_EQ(failure(R"({"a":1,"A":2})"), "ok");
  EXPECT_EQ(failure(R"({"a":{"a":1},"b":{"a":1}})"), "ok");
}

TEST(JsonTree, RefusesNestingBeyondItsLimit) {
  const std::size_t limit = JsonTree::kMaxDepth;

  EXPECT_EQ(failure(std::string(limit, '[') + std::string(limit, ']')), "ok");
  EXPECT_EQ(failure(std::string(limit + 1, '[') + std::string(limit + 1, ']')),
            "invalid_argument:");
  EXPECT_EQ(failure(std::string(100'000, '[')), "invalid_argument:");
}

TEST(JsonTree, RefusesWhatIsNotUtf8) {
  for (const char* text : {"\"\xff\"",
                           "\"\xc3\"",
                           "\"\xc0\xaf\"",
                           "\"\xed\xa0\x80\"",
                           "\"\xf4\x90\x80\x80\"",
                           "{\"\xff\":1}",
                           R"("\ud800")",
                           R"("\udc00\ud800")"})
    EXPECT_EQ(failure(text), "invalid_argument:") << text;
}

TEST(JsonTree, RefusesWhatIsNotJson) {
  for (const char* text : {"",
                           " ",
                           "nul",
                           "{",
                           "[1,]",
                           "{\"a\":1,}",
                           "{a:1}",
                           "'a'",
                           "01",
                           "+1",
                           ".5",
                           "1.",
                           "NaN",
                           "Infinity",
                           "[1] [2]",
                           "{} x",
                           "// c\n1",
                           "/**/1",
                           "\"a\nb\"",
                           "\"\\x41\"",
                           "{\"a\"}",
                           "{\"a\":}",
                           "\xef\xbb\xbf{}",
                           "-"})
    EXPECT_EQ(failure(text), "invalid_argument:") << text;
}

TEST(JsonTree, SaysWhereItIsBroken) {
  const Result<JsonTree> tree = JsonTree::parse(R"({"a":1,})");

  ASSERT_FALSE(tree);
  EXPECT_NE(tree.error().message().find("byte"), std::string::npos) << tree.error().message();
}

}  // namespace
}  // namespace refrain
