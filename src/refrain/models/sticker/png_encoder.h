#pragma once

/// @file
/// Pictures as PNG files.

#include "refrain/core/result.h"
#include "refrain/models/sticker/rgba_image.h"

#include <string>

namespace refrain {

/// The picture as an 8-bit RGBA PNG file without ancillary chunks; equal pictures give equal bytes.
/// Fails with `kInternal` if libpng does.
Result<std::string> encode_png(const RgbaImage& image);

}  // namespace refrain
