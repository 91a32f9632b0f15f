#pragma once

/// @file
/// The colours of stickers.

#include <cstdint>
#include <string_view>

namespace refrain {

/// An opaque colour, 0xRRGGBB.
struct Rgb {
  std::uint32_t value = 0;

  friend bool operator==(const Rgb&, const Rgb&) = default;
};

enum class Palette : std::uint8_t {
  kRed,
  kPink,
  kOrange,
  kYellow,
  kGreen,
  kTeal,
  kBlue,
  kPurple,
  kBrown,
  kGrey,
  kWhite,
};

/// Every palette, for tables and tests.
inline constexpr Palette kAllPalettes[] = {
    Palette::kRed,
    Palette::kPink,
    Palette::kOrange,
    Palette::kYellow,
    Palette::kGreen,
    Palette::kTeal,
    Palette::kBlue,
    Palette::kPurple,
    Palette::kBrown,
    Palette::kGrey,
    Palette::kWhite,
};

/// The shades of one palette, from the highlight to the lines.
struct Shades {
  std::string_view name;
  Rgb light;   ///< Where the light falls, and bellies.
  Rgb base;    ///< The colour itself.
  Rgb deep;    ///< Shadows and inner edges.
  Rgb ink;     ///< Faces and letters' outlines: dark enough to read on `light` and `base`.
  Rgb accent;  ///< A companion of another hue for small ornaments.
};

const Shades& shades(Palette palette);

}  // namespace refrain
