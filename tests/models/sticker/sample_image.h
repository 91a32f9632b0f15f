#pragma once

/// @file
/// A picture for encoders.

#include "refrain/models/sticker/rgba_image.h"

#include <cstddef>
#include <cstdint>

namespace refrain::testing {

/// An opaque gradient within a transparent frame a quarter wide.
inline RgbaImage sample_image(std::size_t width, std::size_t height) {
  RgbaImage image(width, height);
  for (std::size_t y = height / 4; y < height - height / 4; ++y) {
    for (std::size_t x = width / 4; x < width - width / 4; ++x) {
      std::uint8_t* pixel = &image.pixels()[4 * (y * width + x)];
      pixel[0] = static_cast<std::uint8_t>(255 * x / width);
      pixel[1] = static_cast<std::uint8_t>(255 * y / height);
      pixel[2] = 90;
      pixel[3] = 255;
    }
  }
  return image;
}

}  // namespace refrain::testing
