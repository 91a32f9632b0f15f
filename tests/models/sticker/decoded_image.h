#pragma once

/// @file
/// Picture files read back by the reference libraries.

#include "refrain/models/sticker/rgba_image.h"

#include <png.h>
#include <webp/decode.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace refrain::testing {

/// What libpng reads from `file`; an image without pixels if it finds a fault or no alpha.
inline RgbaImage decode_png(std::string_view file) {
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_memory(&header, file.data(), file.size()) == 0) return {0, 0};
  const bool has_alpha = (header.format & PNG_FORMAT_FLAG_ALPHA) != 0;
  header.format = PNG_FORMAT_RGBA;
  RgbaImage image(header.width, header.height);
  const bool is_read =
      png_image_finish_read(&header, nullptr, image.pixels().data(), 0, nullptr) != 0;
  if (!is_read || !has_alpha) return {0, 0};
  return image;
}

/// What libwebp reads from `file`; an image without pixels if it finds a fault or no alpha.
inline RgbaImage decode_webp(std::string_view file) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(file.data());
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(data, file.size(), &features) != VP8_STATUS_OK || features.has_alpha == 0)
    return {0, 0};
  RgbaImage image(static_cast<std::size_t>(features.width),
                  static_cast<std::size_t>(features.height));
  const auto pixels = image.pixels();
  if (WebPDecodeRGBAInto(data, file.size(), pixels.data(), pixels.size(), 4 * features.width) ==
      nullptr) {
    return {0, 0};
  }
  return image;
}

inline bool has_transparent_corners(const RgbaImage& image) {
  const std::size_t right = image.width() - 1;
  const std::size_t bottom = image.height() - 1;
  return image.pixel(0, 0)[3] == 0 && image.pixel(right, 0)[3] == 0 &&
         image.pixel(0, bottom)[3] == 0 && image.pixel(right, bottom)[3] == 0;
}

/// The share of pixels that are wholly opaque.
inline double opaque_share(const RgbaImage& image) {
  std::size_t opaque = 0;
  for (std::size_t i = 3; i < image.pixels().size(); i += 4)
    opaque += image.pixels()[i] == 255 ? 1 : 0;
  return static_cast<double>(opaque) / static_cast<double>(image.width() * image.height());
}

}  // namespace refrain::testing
