#include "refrain/models/sticker/image_format.h"

#include <gtest/gtest.h>

namespace refrain {
namespace {

TEST(ImageFormat, HasAMediaTypeAndAnEnding) {
  EXPECT_EQ(content_type(ImageFormat::kPng), "image/png");
  EXPECT_EQ(content_type(ImageFormat::kWebp), "image/webp");
  EXPECT_EQ(extension(ImageFormat::kPng), "png");
  EXPECT_EQ(extension(ImageFormat::kWebp), "webp");
}

TEST(ImageFormat, IsFoundByItsNameOnly) {
  EXPECT_EQ(parse_image_format("png"), ImageFormat::kPng);
  EXPECT_EQ(parse_image_format("webp"), ImageFormat::kWebp);
  EXPECT_EQ(parse_image_format("PNG"), std::nullopt);
  EXPECT_EQ(parse_image_format(""), std::nullopt);
}

}  // namespace
}  // namespace refrain
