#include "refrain/redis/client/resp_parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
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

const std::string_view kStream =
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

std::vector<RespValue> stream_values() {
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

TEST(RespParser, UnderstandsEveryTypeOfResp2) {
  const Parsed parsed = parse({kStream});

  EXPECT_FALSE(parsed.error.has_value());
  EXPECT_EQ(parsed.values, stream_values());
}

TEST(RespParser, DoesNotCareWhereTheInputIsSplit) {
  for (std::size_t split = 0; split <= kStream.size(); ++split) {
    const Parsed parsed = parse({kStream.substr(0, split), kStream.substr(split)});
    ASSERT_EQ(parsed.values, stream_values()) << "split at " << split;
  }
}

TEST(RespParser, TakesTheInputByteByByte) {
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i < kStream.size(); ++i)
    bytes.push_back(kStream.substr(i, 1));

  EXPECT_EQ(parse(bytes).values, stream_values());
}

TEST(RespParser, WaitsForTheRestOfEveryTruncation) {
  for (std::size_t size = 0; size < kStream.size(); ++size) {
    const Parsed parsed = parse({kStream.substr(0, size)});
    ASSERT_FALSE(parsed.error.has_value()) << "cut at " << size;
    ASSERT_LT(parsed.values.size(), stream_values().size());
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

TEST(RespParser, RefusesWhatOnlyResp3Has) {
  for (const std::string_view type : {"_\r\n",
                                      "#t\r\n",
                                      ",1.5\r\n",
                                      "(1\r\n",
                                      "!3\r\nERR\r\n",
                                      "=7\r\ntxt:abc\r\n",
                                      "%0\r\n",
                                      "~0\r\n",
                                      ">0\r\n",
                                      "|0\r\n"}) {
    EXPECT_EQ(parse({type}).error, ErrorCode::kCorrupt) << type;
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
  EXPECT_FALSE(parse({"$900\r\n"}, limits).error.has_value());
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
}

TEST(RespParser, RefusesTooDeepNesting) {
  RespParser::Limits limits;
  limits.max_depth = 3;

  EXPECT_EQ(parse({"*1\r\n*1\r\n*1\r\n:1\r\n"}, limits).values.size(), 1U);
  EXPECT_EQ(parse({"*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n"}, limits).error, ErrorCode::kTooLarge);
}

TEST(RespParser, RefusesALineWithoutEnd) {
  EXPECT_EQ(parse({"+" + std::string(100'000, 'x')}).error, ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace refrain
