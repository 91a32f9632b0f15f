#pragma once

/// @file
/// Things with faces.

#include "refrain/models/sticker/canvas.h"
#include "refrain/models/sticker/prompt_cues.h"
#include "refrain/models/sticker/split_mix64.h"

namespace refrain {

/// Paints a thing about 280 wide and high around the origin.
void paint_emblem(Canvas& canvas, Emblem emblem, Mood mood, Palette palette, SplitMix64& random);

}  // namespace refrain
