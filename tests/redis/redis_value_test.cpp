#include "refrain/redis/redis_value.h"

#include "support/manual_clock.h"
#include "support/sample_entry.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <string_view>

namespace refrain {
namespace {

using testing::sample_entry;
using testing::sample_key;

constexpr std::size_t kRoom = 1 << 20;

class RedisValue : public ::testing::Test {
protected:
  [[nodiscard]] Entry entry(std::string_view body,
                            std::string_view content_type = "application/json") const {
    return sample_entry(sample_key("a"), clock_.now(), body, content_type);
  }

  [[nodiscard]] std::string encode(std::string_view body,
                                   std::string_view content_type = "application/json") const {
    return encode_redis_value(entry(body, content_type)).value();
  }

  static ErrorCode error_of(std::string value) {
    const Result<Entry> decoded = decode_redis_value(std::move(value), sample_key("a"), kRoom);
    return decoded ? ErrorCode::kInternal : decoded.error().code();
  }

  refrain::testing::ManualClock clock_;
};

TEST_F(RedisValue, IsJsonWithTheBodyInIt) {
  const std::string value = encode(R"({"words":["to", "be"]})");

  const boost::json::object parsed = boost::json::parse(value).as_object();

  EXPECT_EQ(parsed.begin()->key(), "refrain");
  EXPECT_EQ(parsed.at("refrain"), 1);
  EXPECT_EQ(parsed.at("key").as_string(), sample_key("a").to_hex());
  EXPECT_EQ(parsed.at("content_type").as_string(), "application/json");
  EXPECT_EQ(parsed.at("created_ms"), 1'700'000'000'000);
  EXPECT_EQ(parsed.at("fresh_until_ms"), 1'700'003'600'000);
  EXPECT_EQ(parsed.at("usable_until_ms"), 1'700'003'660'000);
  EXPECT_EQ(parsed.at("cost_us"), 800'000);
  EXPECT_EQ(parsed.at("checksum").as_string().size(), 16U);
  EXPECT_EQ(parsed.at("body").at("words").at(1).as_string(), "be");
  EXPECT_TRUE(value.ends_with(R"(,"body":{"words":["to", "be"]}})"));
}

TEST_F(RedisValue, IsNeverLongerThanTheLongestOfItsBody) {
  for (const std::size_t size : {0U, 1U, 2U, 3U, 1000U, 100'000U}) {
    const std::string content_type(255, '"');  // each is escaped
    const std::string value = encode(std::string(size, '\xff'), content_type);

    EXPECT_LE(value.size(), longest_redis_value(size));
    EXPECT_GE(value.size() + 500, longest_redis_value(size)) << "and not by much";
  }
}

TEST_F(RedisValue, IsToldFromOthersByItsBeginning) {
  const std::string value = encode("{}");

  EXPECT_TRUE(begins_like_redis_value(value.substr(0, 100), sample_key("a")));
  EXPECT_FALSE(begins_like_redis_value(value.substr(0, 100), sample_key("b")));
  EXPECT_FALSE(begins_like_redis_value(value.substr(0, 20), sample_key("a")));
  EXPECT_FALSE(begins_like_redis_value(std::string(100, 'x'), sample_key("a")));
}

TEST_F(RedisValue, GivesTheSameEntryBack) {
  for (const std::string_view body :
       {R"({"words":["to"]})", "not JSON", "", "[1,2]", " 7 ", "\"\xc3\xa4\""}) {
    const Entry original = entry(body);

    const Result<Entry> decoded = decode_redis_value(encode(body), sample_key("a"), kRoom);

    ASSERT_TRUE(decoded.has_value()) << body;
    EXPECT_EQ(decoded->body(), body);
    EXPECT_EQ(decoded->content_type(), original.content_type());
    EXPECT_EQ(decoded->checksum(), original.checksum());
    EXPECT_EQ(decoded->metadata().created, original.metadata().created);
    EXPECT_EQ(decoded->metadata().fresh_until, original.metadata().fresh_until);
    EXPECT_EQ(decoded->metadata().usable_until, original.metadata().usable_until);
    EXPECT_EQ(decoded->metadata().cost, original.metadata().cost);
  }
}

TEST_F(RedisValue, KeepsABodyThatIsNotJsonInBase64) {
  const std::string binary("\x00\xff\"}\\", 5);

  const std::string value = encode(binary, "image/png");

  EXPECT_EQ(boost::json::parse(value).at("body_base64").as_string(), "AP8ifVw=");
  EXPECT_EQ(decode_redis_value(value, sample_key("a"), kRoom)->body(), binary);
}

TEST_F(RedisValue, IsJsonAlsoIfTheBodyOnlyClaimsToBe) {
  for (const std::string_view body : {"{", "{}}", "{} {}", "nul", "\"\xff\"", ""})
    EXPECT_TRUE(boost::json::parse(encode(body)).as_object().contains("body_base64")) << body;
}

TEST_F(RedisValue, EscapesTheContentType) {
  const std::string_view type = R"(multipart/mixed; boundary="a\b")";
  const std::string value = encode("x", type);

  EXPECT_EQ(boost::json::parse(value).at("content_type").as_string(), type);
  EXPECT_EQ(decode_redis_value(value, sample_key("a"), kRoom)->content_type(), type);
}

TEST_F(RedisValue, RefusesAContentTypeThatIsNotPrintable) {
  EXPECT_EQ(encode_redis_value(entry("x", "text/plain\r\n")).error().code(),
            ErrorCode::kUnprocessable);
  EXPECT_EQ(encode_redis_value(entry("x", "text/\xc3\xa4")).error().code(),
            ErrorCode::kUnprocessable);
}

TEST_F(RedisValue, CallsEveryTruncationCorrupt) {
  for (const std::string& value : {encode(R"({"words":["to"]})"), encode("text", "text/plain")}) {
    for (std::size_t size = 0; size < value.size(); ++size)
      ASSERT_EQ(error_of(value.substr(0, size)), ErrorCode::kCorrupt) << "cut at " << size;
  }
}

TEST_F(RedisValue, CallsEveryFlippedBitCorrupt) {
  for (const std::string& value : {encode(R"({"words":["to"]})"), encode("text", "text/plain")}) {
    for (std::size_t bit = 0; bit < value.size() * 8; ++bit) {
      std::string flipped = value;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
      ASSERT_EQ(error_of(flipped), ErrorCode::kCorrupt) << "bit " << bit;
    }
  }
}

TEST_F(RedisValue, CallsWhatWasAddedCorrupt) {
  EXPECT_EQ(error_of(encode("{}") + " "), ErrorCode::kCorrupt);
  EXPECT_EQ(error_of(encode("{}") + "}"), ErrorCode::kCorrupt);
}

TEST_F(RedisValue, CallsForeignValuesCorrupt) {
  for (const std::string_view foreign : {"",
                                         "hello",
                                         "{}",
                                         "null",
                                         R"({"refrain":1})",
                                         R"({"refrain":2,"key":""})",
                                         R"(["refrain"])"})
    EXPECT_EQ(error_of(std::string(foreign)), ErrorCode::kCorrupt) << foreign;
}

TEST_F(RedisValue, CallsTheEntryOfAnotherKeyCorrupt) {
  const Result<Entry> decoded = decode_redis_value(encode("{}"), sample_key("b"), kRoom);

  ASSERT_FALSE(decoded.has_value());
  EXPECT_EQ(decoded.error().code(), ErrorCode::kCorrupt);
}

TEST_F(RedisValue, CallsABodyOverTheLimitCorrupt) {
  EXPECT_TRUE(decode_redis_value(encode("[123]"), sample_key("a"), 5).has_value());
  EXPECT_FALSE(decode_redis_value(encode("[1234]"), sample_key("a"), 5).has_value());
}

TEST_F(RedisValue, TheExampleInItsDocumentIsReal) {
  std::ifstream document(REFRAIN_SOURCE_DIR "/docs/formats/redis.md");
  std::string line;
  while (std::getline(document, line) && !line.starts_with(R"({"refrain":1)")) {
  }

  const Result<Entry> decoded = decode_redis_value(line, sample_key("example"), kRoom);

  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->body(), R"({"status":"success","words":["I would like to be"]})");
}

}  // namespace
}  // namespace refrain
