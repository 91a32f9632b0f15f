#pragma once

/// @file
/// The picture formats that stickers are sent in.

#include <cstdint>
#include <optional>
#include <string_view>

namespace refrain {

enum class ImageFormat : std::uint8_t { kPng, kWebp };

/// The media type: `"image/png"`.
std::string_view content_type(ImageFormat format);

/// The file name's ending without the dot, which is also the format's name in requests: `"png"`.
std::string_view extension(ImageFormat format);

/// The format with this name, or nothing. Names are lower case.
std::optional<ImageFormat> parse_image_format(std::string_view name);

}  // namespace refrain
