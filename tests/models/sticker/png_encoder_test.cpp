#include "refrain/models/sticker/png_encoder.h"

#include "models/sticker/decoded_image.h"
#include "models/sticker/sample_image.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace refrain {
namespace {

using testing::decode_png;
using testing::sample_image;

TEST(PngEncoder, LosesNothing) {
  const RgbaImage image = sample_image(37, 23);

  const Result<std::string> file = encode_png(image);

  ASSERT_TRUE(file.has_value());
  const RgbaImage decoded = decode_png(*file);
  EXPECT_EQ(decoded.width(), 37U);
  EXPECT_EQ(decoded.height(), 23U);
  EXPECT_TRUE(std::ranges::equal(decoded.pixels(), image.pixels()));
}

TEST(PngEncoder, GivesEqualBytesForEqualPictures) {
  EXPECT_EQ(encode_png(sample_image(64, 64)).value(), encode_png(sample_image(64, 64)).value());
  EXPECT_NE(encode_png(sample_image(64, 64)).value(), encode_png(sample_image(65, 64)).value());
}

TEST(PngEncoder, FailsForAPictureWithoutPixels) {
  const Result<std::string> file = encode_png(RgbaImage(0, 0));

  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error().code(), ErrorCode::kInternal);
}

}  // namespace
}  // namespace refrain
