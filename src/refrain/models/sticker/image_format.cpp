#include "refrain/models/sticker/image_format.h"

namespace refrain {

std::string_view content_type(ImageFormat format) {
  return format == ImageFormat::kPng ? "image/png" : "image/webp";
}

std::string_view extension(ImageFormat format) {
  return format == ImageFormat::kPng ? "png" : "webp";
}

std::optional<ImageFormat> parse_image_format(std::string_view name) {
  for (const ImageFormat format : {ImageFormat::kPng, ImageFormat::kWebp}) {
    if (extension(format) == name) return format;
  }
  return std::nullopt;
}

}  // namespace refrain
