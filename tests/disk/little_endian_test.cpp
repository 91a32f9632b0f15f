#include "refrain/disk/little_endian.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace refrain {
namespace {

TEST(LittleEndian, PutsTheLeastSignificantByteFirst) {
  std::array<char, 6> bytes{};

  put_little_endian<std::uint32_t>(bytes, 1, 0x01020304);

  EXPECT_EQ(bytes, (std::array<char, 6>{0, 4, 3, 2, 1, 0}));
}

TEST(LittleEndian, GetsBackNegativeAndExtremeNumbers) {
  std::array<char, 8> bytes{};

  for (const std::int64_t value : {std::int64_t{-2},
                                   std::numeric_limits<std::int64_t>::min(),
                                   std::numeric_limits<std::int64_t>::max()}) {
    put_little_endian(bytes, 0, value);
    EXPECT_EQ(get_little_endian<std::int64_t>(bytes, 0), value);
  }
}

}  // namespace
}  // namespace refrain
