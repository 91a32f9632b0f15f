#include "refrain/redis/binary_value.h"

#include "support/manual_clock.h"
#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <xxhash.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace refrain {
namespace {

using testing::sample_entry;
using testing::sample_key;

constexpr std::size_t kRoom = 1 << 20;
constexpr std::size_t kHeaderSize = 96;

class BinaryValue : public ::testing::Test {
protected:
  [[nodiscard]] Entry entry(std::string_view body) const {
    return sample_entry(sample_key("a"), clock_.now(), body, "image/png");
  }

  [[nodiscard]] std::string value() const { return encode_binary_value(entry("body")); }

  /// `good` if there is none.
  static std::string fault_of(std::string_view value) {
    const auto decoded = decode_binary_value(value, sample_key("a"), kRoom);
    return decoded ? "good" : std::string(to_string(decoded.error()));
  }

  /// With the checksum that a header so changed would have.
  static std::string with_good_header(std::string value) {
    std::uint64_t sum = XXH3_64bits(value.data(), kHeaderSize - 8);
    for (std::size_t i = kHeaderSize - 8; i < kHeaderSize; ++i, sum >>= 8U)
      value[i] = static_cast<char>(sum & 0xffU);
    return value;
  }

  refrain::testing::ManualClock clock_;
};

TEST_F(BinaryValue, GivesTheSameEntryBack) {
  for (const std::string_view body : {std::string_view("\0\xff{", 3), std::string_view()}) {
    const Entry original = entry(body);

    const auto decoded = decode_binary_value(encode_binary_value(original), sample_key("a"), kRoom);

    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(decoded->body(), body);
    EXPECT_EQ(decoded->key(), sample_key("a"));
    EXPECT_EQ(decoded->content_type(), "image/png");
    EXPECT_EQ(decoded->checksum(), original.checksum());
    EXPECT_EQ(decoded->metadata().created, original.metadata().created);
    EXPECT_EQ(decoded->metadata().fresh_until, original.metadata().fresh_until);
    EXPECT_EQ(decoded->metadata().usable_until, original.metadata().usable_until);
    EXPECT_EQ(decoded->metadata().cost, original.metadata().cost);
  }
}

TEST_F(BinaryValue, IsAHeaderAndTheBytesThemselves) {
  EXPECT_EQ(value().size(), kHeaderSize + 9 + 4);
  EXPECT_TRUE(value().ends_with("image/pngbody"));
}

TEST_F(BinaryValue, TheExampleInItsDocumentIsReal) {
  std::ifstream document(REFRAIN_SOURCE_DIR "/docs/formats/redis.md");
  std::string example;
  for (std::string line; std::getline(document, line);) {
    const bool is_first = line.starts_with("00  f5 ");
    if (example.empty() && !is_first) continue;
    if (line.starts_with("```")) break;
    std::istringstream bytes(line.substr(4));
    for (std::string byte; bytes >> byte;)
      example.push_back(static_cast<char>(std::stoi(byte, nullptr, 16)));
  }

  const auto decoded = decode_binary_value(example, sample_key("example"), kRoom);

  ASSERT_TRUE(decoded.has_value()) << example.size();
  EXPECT_EQ(decoded->body(), "\x89PNG");
  EXPECT_EQ(decoded->content_type(), "image/png");
  EXPECT_EQ(decoded->metadata().cost, std::chrono::milliseconds(812));
  EXPECT_EQ(encode_binary_value(*decoded), example);
}

TEST_F(BinaryValue, IsCutAtEveryTruncation) {
  const std::string whole = value();

  for (std::size_t size = kBinaryValueMagic.size(); size < whole.size(); ++size)
    ASSERT_EQ(fault_of(whole.substr(0, size)), "cut") << "cut at " << size;
}

TEST_F(BinaryValue, TellsEveryFlippedBit) {
  const std::string whole = value();

  for (std::size_t bit = kBinaryValueMagic.size() * 8; bit < whole.size() * 8; ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_NE(fault_of(flipped), "good") << "bit " << bit;
  }
}

TEST_F(BinaryValue, TellsWhatStandsBehindIt) {
  EXPECT_EQ(fault_of(value() + "x"), "cut");
}

TEST_F(BinaryValue, TellsOtherVersions) {
  std::string other = value();
  other[4] = 1;
  EXPECT_EQ(fault_of(other), "older");
  other[4] = 3;
  EXPECT_EQ(fault_of(other), "newer");
}

TEST_F(BinaryValue, LeavesAFlagThatItDoesNotKnowToLaterVersions) {
  std::string flagged = value();
  flagged[5] = 1;

  EXPECT_EQ(fault_of(with_good_header(flagged)), "newer");
}

TEST_F(BinaryValue, BelievesNoForgedLength) {
  for (const unsigned char high : {std::uint8_t{0x01}, std::uint8_t{0x7f}, std::uint8_t{0xff}}) {
    std::string forged = value();
    forged[79] = static_cast<char>(high);
    EXPECT_EQ(fault_of(with_good_header(forged)), "too_large");
  }
  std::string longer = value();
  longer[72] = 5;
  EXPECT_EQ(fault_of(with_good_header(longer)), "cut");
  longer[72] = 3;
  EXPECT_EQ(fault_of(with_good_header(longer)), "cut");
}

TEST_F(BinaryValue, TellsTheEntryOfAnotherKey) {
  const auto decoded = decode_binary_value(value(), sample_key("b"), kRoom);

  ASSERT_FALSE(decoded.has_value());
  EXPECT_EQ(decoded.error(), ValueFault::kKey);
}

}  // namespace
}  // namespace refrain
