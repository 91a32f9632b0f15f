#include "refrain/disk/checksum.h"

#include <gtest/gtest.h>

#include <string_view>

namespace refrain {
namespace {

TEST(Checksum, IsXxh3OfNothingWithSeedZero) {
  EXPECT_EQ(checksum_before(std::string_view(), 0), 0x2D06800538D394C2ULL);
}

TEST(Checksum, CoversTheBytesBeforeTheEndAndNoOthers) {
  const std::string_view bytes = "abcdef";

  EXPECT_EQ(checksum_before(bytes, 3), checksum_before(std::string_view("abcxyz"), 3));
  EXPECT_NE(checksum_before(bytes, 3), checksum_before(std::string_view("abxdef"), 3));
}

}  // namespace
}  // namespace refrain
