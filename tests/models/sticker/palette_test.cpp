#include "refrain/models/sticker/palette.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string_view>

namespace refrain {
namespace {

/// Relative luminance of WCAG 2.1.
double luminance(Rgb colour) {
  const auto linear = [&](unsigned shift) {
    const double part = static_cast<double>((colour.value >> shift) & 0xffU) / 255;
    return part <= 0.04045 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(16) + 0.7152 * linear(8) + 0.0722 * linear(0);
}

TEST(Palette, HasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const Palette palette : kAllPalettes)
    names.insert(shades(palette).name);

  EXPECT_EQ(names.size(), std::size(kAllPalettes));
}

TEST(Palette, HasInkThatReadsOnItsLight) {
  for (const Palette palette : kAllPalettes) {
    const Shades& colours = shades(palette);
    const double contrast = (luminance(colours.light) + 0.05) / (luminance(colours.ink) + 0.05);

    EXPECT_GT(contrast, 4.5) << colours.name;
  }
}

}  // namespace
}  // namespace refrain
