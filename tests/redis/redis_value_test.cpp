#include "refrain/redis/redis_value.h"

#include "refrain/core/hex.h"

#include "support/manual_clock.h"
#include "support/sample_entry.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <xxhash.h>

#include <cstdint>
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
    return encode_redis_value(entry(body, content_type));
  }

  /// `good` if there is none.
  static std::string fault_of(std::string value) {
    const auto decoded = decode_redis_value(std::move(value), sample_key("a"), kRoom);
    return decoded ? "good" : std::string(to_string(decoded.error()));
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
    const std::string content_type(255, '"');
    const std::string digits(size, '7');

    EXPECT_LE(encode(std::string(size, '\xff'), content_type).size(), longest_redis_value(size));
    EXPECT_LE(encode(digits).size(), longest_redis_value(size));
    EXPECT_GE(longest_redis_value(size), 4 * size / 3) << "format 1 had base64";
    EXPECT_LE(longest_redis_value(size), 4 * size / 3 + 1100) << "and not by much";
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

    const auto decoded = decode_redis_value(encode(body), sample_key("a"), kRoom);

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

TEST_F(RedisValue, KeepsABodyThatIsNotJsonAsItIs) {
  const std::string binary("\x00\xff\"}\\", 5);

  const std::string value = encode(binary, "image/png");

  EXPECT_TRUE(value.ends_with("image/png" + binary));
  EXPECT_EQ(decode_redis_value(value, sample_key("a"), kRoom)->body(), binary);
}

TEST_F(RedisValue, IsNotJsonIfTheBodyOnlyClaimsToBe) {
  for (const std::string_view body : {"{", "{}}", "{} {}", "nul", "\"\xff\"", ""}) {
    const std::string value = encode(body);

    EXPECT_FALSE(value.starts_with("{")) << body;
    EXPECT_EQ(decode_redis_value(value, sample_key("a"), kRoom)->body(), body);
  }
}

TEST_F(RedisValue, ReadsTheBase64OfFormat1) {
  const std::string value =
      R"({"refrain":1,"key":"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",)"
      R"("content_type":"text/plain","created_ms":1700000000000,"fresh_until_ms":1700003600000,)"
      R"("usable_until_ms":1700003660000,"cost_us":800000,"checksum":"2d4f7e69ee861dfb",)"
      R"("body_base64":"AP8ifVw="})";

  const auto decoded = decode_redis_value(value, sample_key("a"), kRoom);

  ASSERT_TRUE(decoded.has_value()) << fault_of(value);
  EXPECT_EQ(decoded->body(), std::string("\x00\xff\"}\\", 5));
  EXPECT_EQ(decoded->content_type(), "text/plain");
}

TEST_F(RedisValue, ReadsTheQuotesInAContentTypeOfFormat1) {
  const std::string zeros(16, '0');
  std::string value =
      R"({"refrain":1,"key":"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",)"
      R"("content_type":"text/plain; name=\"a\\b\"","created_ms":1,"fresh_until_ms":2,)"
      R"("usable_until_ms":3,"cost_us":4,"checksum":"0000000000000000","body_base64":"AP8ifVw="})";
  const std::string checksum = to_hex(std::uint64_t{XXH3_64bits(value.data(), value.size())});
  value.replace(value.find(zeros), zeros.size(), checksum);

  const auto decoded = decode_redis_value(value, sample_key("a"), kRoom);

  ASSERT_TRUE(decoded.has_value()) << fault_of(value);
  EXPECT_EQ(decoded->content_type(), R"(text/plain; name="a\b")");
}

TEST_F(RedisValue, IsCutAtEveryTruncation) {
  const std::string value = encode(R"({"words":["to"]})");

  for (std::size_t size = 1; size < value.size(); ++size) {
    const std::string fault = fault_of(value.substr(0, size));
    // Some cuts leave what ends as a whole value does.
    const bool ends_well = value[size - 1] == '}';
    ASSERT_EQ(fault, ends_well ? "checksum" : "cut") << "cut at " << size;
  }
}

TEST_F(RedisValue, TellsEveryFlippedBit) {
  const std::string value = encode(R"({"words":["to"]})");

  for (std::size_t bit = 0; bit < value.size() * 8; ++bit) {
    std::string flipped = value;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_NE(fault_of(flipped), "good") << "bit " << bit;
  }
}

TEST_F(RedisValue, TellsWhatWasAdded) {
  EXPECT_EQ(fault_of(encode("{}") + " "), "cut");
  EXPECT_EQ(fault_of(encode("{}") + "}"), "checksum");
}

TEST_F(RedisValue, TellsForeignValuesFromOtherVersions) {
  for (const std::string_view foreign :
       {"", "hello", "{}", "null", "[\"refrain\"]", "{\"refrain\":x"})
    EXPECT_EQ(fault_of(std::string(foreign)), "foreign") << foreign;
  EXPECT_EQ(fault_of(R"({"refrain":2,"key":"a"})"), "newer");
  EXPECT_EQ(fault_of(R"({"refrain":10,"key":"a"})"), "newer");
  EXPECT_EQ(fault_of(R"({"refrain":0,"key":"a"})"), "older");
  EXPECT_EQ(fault_of(R"({"refrain":1})"), "foreign");
}

TEST_F(RedisValue, TellsTheEntryOfAnotherKey) {
  for (const std::string_view type : {"application/json", "image/png"}) {
    const auto decoded = decode_redis_value(encode("{}", type), sample_key("b"), kRoom);

    ASSERT_FALSE(decoded.has_value());
    EXPECT_EQ(decoded.error(), ValueFault::kKey);
  }
}

TEST_F(RedisValue, TellsABodyOverTheLimit) {
  for (const std::string_view type : {"application/json", "image/png"}) {
    EXPECT_TRUE(decode_redis_value(encode("[123]", type), sample_key("a"), 5).has_value());
    const auto decoded = decode_redis_value(encode("[1234]", type), sample_key("a"), 5);
    ASSERT_FALSE(decoded.has_value());
    EXPECT_EQ(decoded.error(), ValueFault::kTooLarge);
  }
}

TEST_F(RedisValue, TheExampleInItsDocumentIsReal) {
  std::ifstream document(REFRAIN_SOURCE_DIR "/docs/formats/redis.md");
  std::string line;
  while (std::getline(document, line) && !line.starts_with(R"({"refrain":1)")) {
  }

  const auto decoded = decode_redis_value(line, sample_key("example"), kRoom);

  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->body(), R"({"status":"success","words":["I would like to be"]})");
}

}  // namespace
}  // namespace refrain
