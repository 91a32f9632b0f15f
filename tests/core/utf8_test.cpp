#include "refrain/core/utf8.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace refrain {
namespace {

using namespace std::string_view_literals;

// The bytes of a code point by the table of RFC 3629 section 3, also where it forbids them.
std::string encoded(std::uint32_t code_point, int length) {
  const auto tail = [&](int shift) {
    return static_cast<char>(0x80U | ((code_point >> static_cast<unsigned>(shift)) & 0x3FU));
  };
  switch (length) {
    case 1:
      return {static_cast<char>(code_point)};
    case 2:
      return {static_cast<char>(0xC0U | (code_point >> 6U)), tail(0)};
    case 3:
      return {static_cast<char>(0xE0U | (code_point >> 12U)), tail(6), tail(0)};
    default:
      return {static_cast<char>(0xF0U | (code_point >> 18U)), tail(12), tail(6), tail(0)};
  }
}

int shortest_length(std::uint32_t code_point) {
  if (code_point < 0x80) return 1;
  if (code_point < 0x800) return 2;
  return code_point < 0x10000 ? 3 : 4;
}

TEST(Utf8, TakesEveryCodePointInItsShortestFormAndInNoOther) {
  std::uint32_t wrong = 0;
  for (std::uint32_t code_point = 0; code_point < 0x200000; ++code_point) {
    const bool is_scalar = code_point <= 0x10FFFF && (code_point < 0xD800 || code_point > 0xDFFF);
    for (int length = shortest_length(code_point); length <= 4; ++length) {
      const bool is_right = is_scalar && length == shortest_length(code_point);
      if (is_utf8(encoded(code_point, length)) != is_right) ++wrong;
    }
  }

  EXPECT_EQ(wrong, 0U);
}

TEST(Utf8, RefusesBytesThatBeginNothing) {
  for (int byte = 0x80; byte <= 0xFF; ++byte)
    EXPECT_FALSE(is_utf8(std::string(1, static_cast<char>(byte)))) << byte;
  EXPECT_FALSE(is_utf8("\xF8\x88\x80\x80\x80"sv));
  EXPECT_FALSE(is_utf8("\xFE\x80\x80\x80\x80\x80"sv));
}

TEST(Utf8, RefusesASequenceThatIsCutOff) {
  for (const std::string_view whole : {"\xc3\xa9"sv, "\xe2\x82\xac"sv, "\xf0\x9f\x90\x88"sv}) {
    EXPECT_TRUE(is_utf8(whole));
    for (std::size_t size = 1; size < whole.size(); ++size) {
      EXPECT_FALSE(is_utf8(whole.substr(0, size)));
      EXPECT_FALSE(is_utf8(std::string(whole.substr(0, size)) + "abc"));
      EXPECT_FALSE(is_utf8(std::string(whole.substr(0, size)) + "\xc3\xa9"));
    }
  }
}

TEST(Utf8, ReadsNothingBeyondTheEnd) {
  const std::string_view text = "\xf0\x9f\x90\x88";

  // A string on the heap of exactly this size: a sanitizer sees a byte too far.
  const std::vector<char> exact(text.begin(), text.begin() + 3);

  EXPECT_FALSE(is_utf8({exact.data(), exact.size()}));
}

TEST(Utf8, TakesTheEmptyTextAndZeroBytes) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("\0"sv));
  EXPECT_TRUE(is_utf8("a\0\xc3\xa9"sv));
}

TEST(Utf8, CountsCodePoints) {
  EXPECT_EQ(count_code_points(""), 0U);
  EXPECT_EQ(count_code_points("abc"), 3U);
  EXPECT_EQ(count_code_points("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x88"), 4U);
}

}  // namespace
}  // namespace refrain
