#pragma once

/// @file
/// Pictures as WebP files.

#include "refrain/core/result.h"
#include "refrain/models/sticker/rgba_image.h"

#include <string>

namespace refrain {

/// The picture as a lossy WebP file of quality 85 with lossless alpha; equal pictures give equal
/// bytes. Fails with `kInternal` if libwebp does.
Result<std::string> encode_webp(const RgbaImage& image);

}  // namespace refrain
