#pragma once

/// @file
/// Faces.

#include "refrain/models/sticker/canvas.h"
#include "refrain/models/sticker/prompt_cues.h"

namespace refrain {

/// What lies between the eyes and the mouth.
enum class Nose : std::uint8_t { kNone, kButton, kSnout, kBeak };

/// Where a face is and what it shows.
struct Face {
  Point centre;              ///< Between the eyes.
  double eye_distance = 52;  ///< From the centre to an eye.
  double scale = 1;          ///< 1 suits a head about 300 wide.
  Mood mood = Mood::kCalm;
  Nose nose = Nose::kNone;
  Rgb ink;
  Rgb blush{0xff7d95};
};

void paint_face(Canvas& canvas, const Face& face);

}  // namespace refrain
