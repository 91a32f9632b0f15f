#pragma once

/// @file
/// The mascots.

#include "refrain/models/sticker/canvas.h"
#include "refrain/models/sticker/prompt_cues.h"
#include "refrain/models/sticker/split_mix64.h"

namespace refrain {

/// Paints a creature about 310 wide whose body has its middle at the origin; ears reach up to -270.
/// `random` shapes what may differ between two creatures of a kind.
void paint_creature(Canvas& canvas,
                    Creature creature,
                    Mood mood,
                    Palette palette,
                    SplitMix64& random);

}  // namespace refrain
