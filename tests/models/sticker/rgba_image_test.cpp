#include "refrain/models/sticker/rgba_image.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace refrain {
namespace {

TEST(RgbaImage, BeginsTransparent) {
  const RgbaImage image(3, 2);

  EXPECT_EQ(image.pixels().size(), 24U);
  EXPECT_TRUE(std::ranges::all_of(image.pixels(), [](std::uint8_t part) { return part == 0; }));
}

TEST(RgbaImage, DividesColoursByAlpha) {
  const std::array<std::uint32_t, 4> argb = {0x00000000, 0xff102030, 0x80804000, 0x01010000};

  const RgbaImage image = from_premultiplied(argb, 2, 2);

  const std::array<std::uint8_t, 16> expected = {
      0, 0, 0, 0, 16, 32, 48, 255, 255, 128, 0, 128, 255, 0, 0, 1};
  EXPECT_TRUE(std::ranges::equal(image.pixels(), expected));
}

TEST(RgbaImage, DividesEveryColourAtEveryAlphaToTheNearestNumber) {
  for (std::uint32_t alpha = 1; alpha < 256; ++alpha) {
    for (std::uint32_t channel = 0; channel <= alpha; ++channel) {
      const std::array<std::uint32_t, 1> argb = {alpha << 24U | channel << 8U};

      const int straight = from_premultiplied(argb, 1, 1).pixels()[1];

      const auto exact = static_cast<int>((channel * 255 + alpha / 2) / alpha);
      EXPECT_LE(std::abs(straight - exact), 1) << channel << " of " << alpha;
    }
  }
}

}  // namespace
}  // namespace refrain
