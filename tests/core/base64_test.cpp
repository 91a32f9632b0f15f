#include "refrain/core/base64.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace refrain {
namespace {

std::string encode(std::string_view bytes) {
  std::string text;
  append_base64(text, bytes);
  return text;
}

TEST(Base64, IsThatOfRfc4648) {
  EXPECT_EQ(encode(""), "");
  EXPECT_EQ(encode("f"), "Zg==");
  EXPECT_EQ(encode("fo"), "Zm8=");
  EXPECT_EQ(encode("foo"), "Zm9v");
  EXPECT_EQ(encode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(encode("\xfb\xff"), "+/8=");
}

TEST(Base64, GivesEveryByteBack) {
  std::string bytes;
  for (int i = 0; i < 600; ++i) {
    EXPECT_EQ(decode_base64(encode(bytes)), bytes) << i;
    bytes.push_back(static_cast<char>(i));
  }
}

TEST(Base64, RefusesWhatItDoesNotMake) {
  for (const std::string_view text : {"Z",
                                      "Zg",
                                      "Zg=",
                                      "Zm9v=",
                                      "Zh==",
                                      "Zm9=",
                                      "====",
                                      "=g==",
                                      "Z===",
                                      "Zm 9",
                                      "Zm9-",
                                      "Zg==Zg=="})
    EXPECT_EQ(decode_base64(text), std::nullopt) << text;
}

}  // namespace
}  // namespace refrain
