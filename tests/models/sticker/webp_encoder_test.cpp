#include "refrain/models/sticker/webp_encoder.h"

#include "models/sticker/decoded_image.h"
#include "models/sticker/sample_image.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace refrain {
namespace {

using testing::decode_webp;
using testing::sample_image;

TEST(WebpEncoder, KeepsAlphaExactlyAndColoursNearly) {
  const RgbaImage image = sample_image(96, 64);

  const Result<std::string> file = encode_webp(image);

  ASSERT_TRUE(file.has_value());
  const RgbaImage decoded = decode_webp(*file);
  ASSERT_EQ(decoded.width(), 96U);
  ASSERT_EQ(decoded.height(), 64U);
  for (std::size_t y = 0; y < 64; ++y) {
    for (std::size_t x = 0; x < 96; ++x)
      EXPECT_EQ(decoded.pixel(x, y)[3], image.pixel(x, y)[3]);
  }
  const int red = decoded.pixel(48, 32)[0];
  EXPECT_LE(std::abs(red - image.pixel(48, 32)[0]), 16);
}

TEST(WebpEncoder, GivesEqualBytesForEqualPictures) {
  EXPECT_EQ(encode_webp(sample_image(64, 64)).value(), encode_webp(sample_image(64, 64)).value());
  EXPECT_NE(encode_webp(sample_image(64, 64)).value(), encode_webp(sample_image(65, 64)).value());
}

TEST(WebpEncoder, FailsForAPictureWithoutPixels) {
  const Result<std::string> file = encode_webp(RgbaImage(0, 0));

  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error().code(), ErrorCode::kInternal);
}

}  // namespace
}  // namespace refrain
