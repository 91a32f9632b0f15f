#include "refrain/models/sticker/sticker_style.h"

#include <gtest/gtest.h>

namespace refrain {
namespace {

TEST(StickerStyle, IsFoundByTheNameItGives) {
  for (const StickerStyle style : kAllStickerStyles)
    EXPECT_EQ(parse_sticker_style(to_string(style)), style);
}

TEST(StickerStyle, IsNothingForAnUnknownName) {
  EXPECT_EQ(parse_sticker_style("cubism"), std::nullopt);
  EXPECT_EQ(parse_sticker_style(""), std::nullopt);
}

}  // namespace
}  // namespace refrain
