#include "refrain/core/hex.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace refrain {
namespace {

TEST(Hex, WritesTwoLowerCaseDigitsAByte) {
  const std::vector<std::uint8_t> bytes{0x00, 0x0f, 0xa5, 0xff};

  EXPECT_EQ(to_hex(bytes), "000fa5ff");
}

TEST(Hex, OfNothingIsNothing) {
  EXPECT_EQ(to_hex(std::vector<std::uint8_t>()), "");
  EXPECT_TRUE(from_hex("", std::span<std::uint8_t>()));
}

TEST(Hex, WritesNumbersWithTheMostSignificantDigitFirst) {
  EXPECT_EQ(to_hex(std::uint64_t{0}), "0000000000000000");
  EXPECT_EQ(to_hex(std::uint64_t{0x1234'5678'9abc'def0}), "123456789abcdef0");
  EXPECT_EQ(to_hex(std::numeric_limits<std::uint64_t>::max()), "ffffffffffffffff");
}

TEST(Hex, ReadsWhatItWroteForEveryByte) {
  for (unsigned value = 0; value < 256; ++value) {
    const std::array<std::uint8_t, 1> written{static_cast<std::uint8_t>(value)};
    std::array<std::uint8_t, 1> read{};

    ASSERT_TRUE(from_hex(to_hex(written), read));

    ASSERT_EQ(read, written);
  }
}

TEST(Hex, ReadsDigitsOfEitherCase) {
  std::array<std::uint8_t, 3> read{};

  ASSERT_TRUE(from_hex("aBCdeF", read));

  EXPECT_EQ(read, (std::array<std::uint8_t, 3>{0xab, 0xcd, 0xef}));
}

TEST(Hex, RejectsEveryCharacterThatIsNoDigit) {
  const std::string digits = "0123456789abcdefABCDEF";
  for (int code = 0; code < 256; ++code) {
    const char character = static_cast<char>(code);
    if (digits.find(character) != std::string::npos) continue;
    std::array<std::uint8_t, 1> out{};
    ASSERT_FALSE(from_hex(std::string{'0', character}, out)) << "character " << code;
    ASSERT_FALSE(from_hex(std::string{character, '0'}, out)) << "character " << code;
  }
}

TEST(Hex, RejectsTextOfAnotherLength) {
  std::array<std::uint8_t, 2> out{};

  EXPECT_FALSE(from_hex("", out));
  EXPECT_FALSE(from_hex("abc", out));
  EXPECT_FALSE(from_hex("abcde", out));
  EXPECT_FALSE(from_hex("abcdef", out));
}

}  // namespace
}  // namespace refrain
