#include "refrain/models/sticker/rgba_image.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace refrain {
namespace {

TEST(RgbaImage, BeginsTransparent) {
  const RgbaImage image(3, 2);

  EXPECT_EQ(image.pixels().size(), 24U);
  EXPECT_TRUE(std::ranges::all_of(image.pixels(), [](std::uint8_t part) { return part == 0; }));
}

TEST(RgbaImage, KeepsItsPixelsInRowsFromTheTop) {
  RgbaImage image(3, 2);
  image.pixels()[4 * (3 + 2) + 1] = 77;

  EXPECT_EQ(image.pixel(2, 1)[1], 77);
}

}  // namespace
}  // namespace refrain
