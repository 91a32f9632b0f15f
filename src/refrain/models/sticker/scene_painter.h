#pragma once

/// @file
/// A plan's figure, ground, ornaments and caption on one canvas.

#include "refrain/models/sticker/canvas.h"
#include "refrain/models/sticker/font_book.h"
#include "refrain/models/sticker/sticker_plan.h"

namespace refrain {

/// Everything that a scene paints lies within this distance of the origin in both directions.
inline constexpr double kSceneReach = 400;

/// Paints the scene of `plan` around the origin, most of it within ±256. Equal plans paint equally.
void paint_scene(Canvas& canvas, const StickerPlan& plan, const TextOutline& caption);

}  // namespace refrain
