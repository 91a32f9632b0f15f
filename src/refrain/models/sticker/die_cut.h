#pragma once

/// @file
/// What makes a drawing a sticker: the white rim it is cut out with, and its shadow.

#include "refrain/models/sticker/rgba_image.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace refrain {

/// Lengths in pixels.
struct DieCut {
  double rim = 11;         ///< White around the drawing.
  double closing = 20;     ///< Gaps narrower than twice this are bridged, so that one piece is cut.
  double shadow_blur = 5;  ///< The shadow's softness,
  double shadow_drop = 4;  ///< and how far below it lies.
};

/// A square drawing (premultiplied, 0xAARRGGBB) of `size` pixels a side on its white rim and
/// shadow. The drawing keeps a margin of at least rim + drop + 2 × blur, or the rim is cut off.
/// @pre `art.size() == size * size`.
RgbaImage cut_out(std::span<const std::uint32_t> art, std::size_t size, const DieCut& cut);

}  // namespace refrain
