#include "refrain/models/sticker/die_cut.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

namespace refrain {
namespace {

constexpr std::uint32_t kInk = 0xff204060;

/// A disc of ink in the middle of a square.
std::vector<std::uint32_t> disc(std::size_t size, double radius) {
  std::vector<std::uint32_t> art(size * size, 0);
  const double centre = static_cast<double>(size) / 2;
  for (std::size_t y = 0; y < size; ++y) {
    for (std::size_t x = 0; x < size; ++x) {
      const double distance =
          std::hypot(static_cast<double>(x) + 0.5 - centre, static_cast<double>(y) + 0.5 - centre);
      if (distance <= radius) art[y * size + x] = kInk;
    }
  }
  return art;
}

/// A pixel as 0xAARRGGBB.
std::uint32_t colour(const RgbaImage& image, std::size_t x, std::size_t y) {
  const auto pixel = image.pixel(x, y);
  return std::uint32_t{pixel[3]} << 24U | std::uint32_t{pixel[0]} << 16U |
         std::uint32_t{pixel[1]} << 8U | pixel[2];
}

class DieCutAtSize : public ::testing::TestWithParam<std::size_t> {};

TEST_P(DieCutAtSize, PutsAWhiteRimOfTheGivenWidthAroundTheDrawing) {
  const std::size_t size = GetParam();
  const double radius = static_cast<double>(size) / 4;
  const DieCut cut;

  const RgbaImage sticker = cut_out(disc(size, radius), size, cut);

  const auto right_of_centre = [&](double pixels) {
    const auto x = static_cast<std::size_t>(static_cast<double>(size) / 2 + pixels);
    return colour(sticker, x, size / 2);
  };
  EXPECT_EQ(right_of_centre(0), kInk);
  EXPECT_EQ(right_of_centre(radius - 2), kInk);
  EXPECT_EQ(right_of_centre(radius + 2), 0xffffffff);
  EXPECT_EQ(right_of_centre(radius + cut.rim - 2), 0xffffffff);
  EXPECT_LT(right_of_centre(radius + cut.rim + 2) >> 24U, 0x60U);
  EXPECT_EQ(colour(sticker, 0, 0), 0U);
}

INSTANTIATE_TEST_SUITE_P(FineAndCoarseGrids, DieCutAtSize, ::testing::Values(160, 256, 257, 512));

TEST(DieCut, FillsHolesAndBridgesNarrowGaps) {
  constexpr std::size_t kSize = 300;
  std::vector<std::uint32_t> ring = disc(kSize, 90);
  const std::vector<std::uint32_t> hole = disc(kSize, 70);
  for (std::size_t i = 0; i < ring.size(); ++i) {
    if (hole[i] != 0) ring[i] = 0;
  }

  const RgbaImage sticker = cut_out(ring, kSize, DieCut{});

  EXPECT_EQ(colour(sticker, kSize / 2, kSize / 2), 0xffffffff);
}

TEST(DieCut, CutsALineThatIsNearlyLevelWithoutSteps) {
  constexpr std::size_t kSize = 512;
  constexpr double kSlope = 1.0 / 40;
  std::vector<std::uint32_t> art(kSize * kSize, 0);
  for (std::size_t y = 0; y < 400; ++y) {
    for (std::size_t x = 80; x < 432; ++x) {
      const double covered = static_cast<double>(y) - (150 + kSlope * static_cast<double>(x)) + 0.5;
      art[y * kSize + x] = static_cast<std::uint32_t>(std::clamp(covered, 0.0, 1.0) * 255) << 24U;
    }
  }

  const RgbaImage sticker =
      cut_out(art, kSize, DieCut{.rim = 11, .closing = 20, .shadow_blur = 5, .shadow_drop = 60});

  // The height of the white's upper edge in each column, from the sum of the coverage above the
  // drawing.
  const auto edge = [&](std::size_t x) {
    double covered = 0;
    for (std::size_t y = 0; y < 200; ++y)
      covered += static_cast<double>(sticker.pixel(x, y)[3]) / 255;
    return 200 - covered;
  };
  for (std::size_t x = 150; x < 360; ++x) {
    EXPECT_NEAR(edge(x), 150 + kSlope * static_cast<double>(x) - 11, 0.75) << "column " << x;
    EXPECT_NEAR(edge(x + 1) - edge(x), kSlope, 0.2) << "column " << x;
  }
}

TEST(DieCut, GivesTheWholeShadowOneColour) {
  const RgbaImage sticker = cut_out(disc(200, 40), 200, DieCut{});

  std::set<std::uint32_t> colours;
  for (std::size_t y = 0; y < 200; ++y) {
    for (std::size_t x = 0; x < 200; ++x) {
      const double distance =
          std::hypot(static_cast<double>(x) - 99.5, static_cast<double>(y) - 99.5);
      const std::uint32_t pixel = colour(sticker, x, y);
      if (pixel != 0 && distance > 40 + 11 + 2) colours.insert(pixel & 0xffffffU);
    }
  }
  EXPECT_EQ(colours.size(), 1U);
}

TEST(DieCut, LeavesAnEmptyDrawingEmpty) {
  const RgbaImage sticker = cut_out(std::vector<std::uint32_t>(64UL * 64), 64, DieCut{});

  EXPECT_TRUE(std::ranges::equal(sticker.pixels(), RgbaImage(64, 64).pixels()));
}

}  // namespace
}  // namespace refrain
