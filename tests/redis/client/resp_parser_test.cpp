#include "refrain/redis/client/resp_parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace refrain {
namespace {

/// Every value that the chunks make; ends with the error's text if there is one.
struct Parsed {
  std::vector<RespValue> values;
  std::optional<ErrorCode> error;
};

void take_all(RespParser& parser, Parsed& parsed) {
  while (!parsed.error) {
    Result<std::optional<RespValue>> value = parser.next();
    if (!value) {
      parsed.error = value.error().code();
    } else if (value->has_value()) {
      parsed.values.push_back(std::move(**value));
    } else {
      return;
    }
  }
}

void feed(RespParser& parser, std::string_view bytes, Parsed& parsed) {
  while (!bytes.empty() && !parsed.error) {
    const std::span<char> room = parser.prepare();
    ASSERT_FALSE(room.empty());
    const std::size_t size = std::min(room.size(), bytes.size());
    std::memcpy(room.data(), bytes.data(), size);
    parser.commit(size);
    bytes.remove_prefix(size);
    take_all(parser, parsed);
  }
}

Parsed parse(const std::vector<std::string_view>& chunks,
             const RespParser::Limits& limits = RespParser::Limits()) {
  RespParser parser(limits);
  Parsed parsed;
  for (const std::string_view chunk : chunks)
    feed(parser, chunk, parsed);
  return parsed;
}

RespValue bulk(std::string text) {
  return RespValue::text_of(RespType::kBulkString, std::move(text));
}

// Every type of RESP2, and what is empty or null in it.
const std::string_view kResp2 =
    "+OK\r\n"
    "-ERR no\r\n"
    ":-42\r\n"
    "$5\r\nhe\r\no\r\n"
    "$-1\r\n"
    "$0\r\n\r\n"
    "*-1\r\n"
    "*0\r\n"
    "*3\r\n:1\r\n*2\r\n$1\r\na\r\n$-1\r\n+x\r\n"
    ":7\r\n";

// Every type that only RESP3 has.
const std::string_view kResp3 =
    "_\r\n"
    "#t\r\n"
    "#f\r\n"
    ",1.5\r\n"
    ",-inf\r\n"
    ",1e3\r\n"
    ",+2\r\n"
    "(3492890328409238509324850943850943825024385\r\n"
    "(-1\r\n"
    "!9\r\nERR a\r\n b\r\n"
    "=7\r\ntxt:abc\r\n"
    "=4\r\ntxt:\r\n"
    "%2\r\n+a\r\n:1\r\n$1\r\nb\r\n*1\r\n#t\r\n"
    "%0\r\n"
    "~2\r\n:1\r\n_\r\n"
    "~0\r\n"
    ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n"
    ">0\r\n"
    "|1\r\n+ttl\r\n:3600\r\n:9\r\n"
    "|0\r\n:8\r\n"
    "*2\r\n|1\r\n+a\r\n*1\r\n|1\r\n+b\r\n+c\r\n+d\r\n:1\r\n:2\r\n"
    "|1\r\n+a\r\n+b\r\n>1\r\n+x\r\n"
    "+end\r\n";

std::vector<RespValue> resp2_values() {
  const RespValue inner = RespValue::array_of({bulk("a"), RespValue()});
  const RespValue x = RespValue::text_of(RespType::kSimpleString, "x");
  return {RespValue::text_of(RespType::kSimpleString, "OK"),
          RespValue::text_of(RespType::kError, "ERR no"),
          RespValue::integer_of(-42),
          bulk("he\r\no"),
          RespValue(),
          bulk(""),
          RespValue(),
          RespValue::array_of({}),
          RespValue::array_of({RespValue::integer_of(1), inner, x}),
          RespValue::integer_of(7)};
}

RespValue simple(std::string text) {
  return RespValue::text_of(RespType::kSimpleString, std::move(text));
}

std::vector<RespValue> resp3_values() {
  const std::vector<RespValue> array = {RespValue::boolean_of(true)};
  const std::vector<RespValue> map = {
      simple("a"), RespValue::integer_of(1), bulk("b"), RespValue::array_of(array)};
  const std::vector<RespValue> invalidation = {bulk("invalidate"),
                                               RespValue::array_of({bulk("k")})};
  return {RespValue(),
          RespValue::boolean_of(true),
          RespValue::boolean_of(false),
          RespValue::double_of(1.5),
          RespValue::double_of(-std::numeric_limits<double>::infinity()),
          RespValue::double_of(1000),
          RespValue::double_of(2),
          RespValue::text_of(RespType::kBigNumber, "3492890328409238509324850943850943825024385"),
          RespValue::text_of(RespType::kBigNumber, "-1"),
          RespValue::text_of(RespType::kError, "ERR a\r\n b"),
          bulk("abc"),
          bulk(""),
          RespValue::aggregate_of(RespType::kMap, map),
          RespValue::aggregate_of(RespType::kMap, {}),
          RespValue::aggregate_of(RespType::kSet, {RespValue::integer_of(1), RespValue()}),
          RespValue::aggregate_of(RespType::kSet, {}),
          RespValue::aggregate_of(RespType::kPush, invalidation),
          RespValue::aggregate_of(RespType::kPush, {}),
          RespValue::integer_of(9),
          RespValue::integer_of(8),
          RespValue::array_of({RespValue::integer_of(1), RespValue::integer_of(2)}),
          RespValue::aggregate_of(RespType::kPush, {simple("x")}),
          simple("end")};
}

// Both versions in one stream: a value's type alone says how it is read.
const std::string& stream() {
  static const std::string bytes = std::string(kResp2) + std::string(kResp3);
  return bytes;
}

std::vector<RespValue> stream_values() {
  std::vector<RespValue> values = resp2_values();
  for (RespValue& value : resp3_values())
    values.push_back(std::move(value));
  return values;
}

TEST(RespParser, UnderstandsEveryTypeOfResp2) {
  const Parsed parsed = parse({kResp2});

  EXPECT_FALSE(parsed.error.has_value());
  EXPECT_EQ(parsed.values, resp2_values());
}

TEST(RespParser, UnderstandsEveryTypeOfResp3AndDropsAttributes) {
  const Parsed parsed = parse({kResp3});

  EXPECT_FALSE(parsed.error.has_value());
  EXPECT_EQ(parsed.values, resp3_values());
}

TEST(RespParser, GivesNumbersAndTruthsByTheirOwnNames) {
  const std::vector<RespValue> values = parse({",2.5\r\n:7\r\n#t\r\n,nan\r\n"}).values;

  ASSERT_EQ(values.size(), 4U);
  EXPECT_EQ(values[0].number(), 2.5);
  EXPECT_EQ(values[0].integer(), 0);
  EXPECT_EQ(values[1].integer(), 7);
  EXPECT_EQ(values[1].number(), 0);
  EXPECT_EQ(values[2].integer(), 1);
  EXPECT_TRUE(std::isnan(values[3].number()));
}

TEST(RespParser, DoesNotCareWhereTheInputIsSplit) {
  const std::string_view bytes = stream();
  for (std::size_t split = 0; split <= bytes.size(); ++split) {
    const Parsed parsed = parse({bytes.substr(0, split), bytes.substr(split)});
    ASSERT_EQ(parsed.values, stream_values()) << "split at " << split;
  }
}

TEST(RespParser, TakesTheInputByteByByte) {
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i < stream().size(); ++i)
    bytes.push_back(std::string_view(stream()).substr(i, 1));

  EXPECT_EQ(parse(bytes).values, stream_values());
}

TEST(RespParser, WaitsForTheRestOfEveryTruncation) {
  const std::vector<RespValue> all = stream_values();
  for (std::size_t size = 0; size < stream().size(); ++size) {
    const Parsed parsed = parse({std::string_view(stream()).substr(0, size)});
    ASSERT_FALSE(parsed.error.has_value()) << "cut at " << size;
    ASSERT_LT(parsed.values.size(), all.size());
    ASSERT_TRUE(std::equal(parsed.values.begin(), parsed.values.end(), all.begin()));
  }
}

TEST(RespParser, CarriesABulkStringLargerThanItsBuffer) {
  const std::string body(1'000'000, 'b');

  const Parsed parsed = parse({"$1000000\r\n", body, "\r\n+OK\r\n"});

  ASSERT_EQ(parsed.values.size(), 2U);
  EXPECT_TRUE(parsed.values[0].text() == body);
}

TEST(RespParser, CallsGarbageCorrupt) {
  for (const std::string_view garbage : {"HTTP/1.1 400 Bad Request\r\n",
                                         "hello\r\n",
                                         "\r\n",
                                         "\n",
                                         "+no carriage return\n",
                                         ":\r\n",
                                         ":12x\r\n",
                                         ":99999999999999999999\r\n",
                                         "$\r\n",
                                         "$-2\r\n",
                                         "$x\r\n",
                                         "*-2\r\n",
                                         "*1x\r\n",
                                         "$1\r\nabc\r\n",
                                         "*1\r\nx\r\n"}) {
    EXPECT_EQ(parse({garbage}).error, ErrorCode::kCorrupt) << garbage;
  }
}

TEST(RespParser, CallsGarbageOfResp3Corrupt) {
  for (const std::string_view garbage : {"_x\r\n",        "#\r\n",          "#true\r\n",
                                         ",\r\n",         ",1.5x\r\n",      ",+-1\r\n",
                                         ",0x10\r\n",     "(\r\n",          "(-\r\n",
                                         "(1.5\r\n",      "!-1\r\n",        "=-1\r\n",
                                         "=3\r\ntxt\r\n", "=4\r\ntext\r\n", "%-1\r\n",
                                         "~-1\r\n",       ">-1\r\n",        "|-1\r\n",
                                         "%x\r\n",        ":+-1\r\n",       "*1\r\n>1\r\n+x\r\n"}) {
    EXPECT_EQ(parse({garbage}).error, ErrorCode::kCorrupt) << garbage;
  }
}

TEST(RespParser, RefusesWhatIsStreamedInPartsAndSaysSo) {
  for (const std::string_view streamed :
       {"$?\r\n", "*?\r\n", "%?\r\n", "~?\r\n", ">?\r\n", "|?\r\n", ";4\r\n", ".\r\n"}) {
    RespParser parser{RespParser::Limits()};
    std::memcpy(parser.prepare().data(), streamed.data(), streamed.size());
    parser.commit(streamed.size());
    const Result<std::optional<RespValue>> value = parser.next();
    ASSERT_FALSE(value.has_value()) << streamed;
    EXPECT_EQ(value.error().code(), ErrorCode::kCorrupt) << streamed;
    EXPECT_NE(value.error().message().find("streams"), std::string::npos) << streamed;
  }
}

TEST(RespParser, KeepsItsErrorUntilReset) {
  RespParser parser{RespParser::Limits()};
  Parsed parsed;
  feed(parser, "garbage\r\n", parsed);

  EXPECT_FALSE(parser.next().has_value());
  parser.reset();
  Parsed after;
  feed(parser, "+OK\r\n", after);

  EXPECT_EQ(after.values.size(), 1U);
}

TEST(RespParser, RefusesALargeBulkStringByItsHeaderAlone) {
  RespParser::Limits limits;
  limits.max_reply_bytes = 1000;

  EXPECT_EQ(parse({"$1001\r\n"}, limits).error, ErrorCode::kTooLarge);
  EXPECT_EQ(parse({"$9223372036854775807\r\n"}, limits).error, ErrorCode::kTooLarge);
  EXPECT_EQ(parse({"!1001\r\n"}, limits).error, ErrorCode::kTooLarge);
  EXPECT_EQ(parse({"=1001\r\n"}, limits).error, ErrorCode::kTooLarge);
  EXPECT_FALSE(parse({"$900\r\n"}, limits).error.has_value());
}

TEST(RespParser, RefusesHalfAGigabyteByItsHeaderAlone) {
  EXPECT_EQ(parse({"$536870912\r\n"}).error, ErrorCode::kTooLarge);
  EXPECT_EQ(parse({"*2\r\n:1\r\n$536870912\r\n"}).error, ErrorCode::kTooLarge);
  EXPECT_EQ(parse({"=536870912\r\n"}).error, ErrorCode::kTooLarge);
}

TEST(RespParser, CountsTheWholeReplyAgainstTheLimit) {
  RespParser::Limits limits;
  limits.max_reply_bytes = 1000;

  EXPECT_EQ(parse({"*2\r\n$600\r\n", std::string(600, 'x'), "\r\n$600\r\n"}, limits).error,
            ErrorCode::kTooLarge);
}

TEST(RespParser, CountsWhatSmallElementsTakeInMemory) {
  RespParser::Limits limits;
  limits.max_reply_bytes = 10'000;
  std::string many = "*1000\r\n";
  for (int i = 0; i < 1000; ++i)
    many += ":1\r\n";

  EXPECT_EQ(parse({many}, limits).error, ErrorCode::kTooLarge);
}

TEST(RespParser, LimitsApplyToEachReplyAnew) {
  RespParser::Limits limits;
  limits.max_reply_bytes = 1000;
  std::string many;
  for (int i = 0; i < 100; ++i)
    many += "$500\r\n" + std::string(500, 'x') + "\r\n";

  EXPECT_EQ(parse({many}, limits).values.size(), 100U);
}

TEST(RespParser, RefusesTooManyElements) {
  RespParser::Limits limits;
  limits.max_elements = 10;

  EXPECT_EQ(parse({"*11\r\n"}, limits).error, ErrorCode::kTooLarge);
  EXPECT_EQ(parse({"~11\r\n"}, limits).error, ErrorCode::kTooLarge);
  EXPECT_EQ(parse({">11\r\n"}, limits).error, ErrorCode::kTooLarge);
  EXPECT_EQ(parse({"%6\r\n"}, limits).error, ErrorCode::kTooLarge);
  EXPECT_EQ(parse({"|6\r\n"}, limits).error, ErrorCode::kTooLarge);
  EXPECT_EQ(parse({"%9223372036854775807\r\n"}, limits).error, ErrorCode::kTooLarge);
  EXPECT_FALSE(parse({"%5\r\n"}, limits).error.has_value());
}

TEST(RespParser, CountsDroppedAttributesAgainstTheLimitOfTheirReply) {
  RespParser::Limits limits;
  limits.max_reply_bytes = 10'000;
  std::string attributes;
  for (int i = 0; i < 1000; ++i)
    attributes += "|1\r\n+a\r\n+b\r\n";

  EXPECT_EQ(parse({attributes, ":1\r\n"}, limits).error, ErrorCode::kTooLarge);
}

TEST(RespParser, RefusesTooDeepNesting) {
  RespParser::Limits limits;
  limits.max_depth = 3;

  EXPECT_EQ(parse({"*1\r\n*1\r\n*1\r\n:1\r\n"}, limits).values.size(), 1U);
  EXPECT_EQ(parse({"*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n"}, limits).error, ErrorCode::kTooLarge);
  EXPECT_EQ(parse({"*1\r\n~1\r\n%1\r\n|1\r\n"}, limits).error, ErrorCode::kTooLarge);
}

TEST(RespParser, RefusesALineWithoutEnd) {
  EXPECT_EQ(parse({"+" + std::string(100'000, 'x')}).error, ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace refrain
