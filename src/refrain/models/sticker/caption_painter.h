#pragma once

/// @file
/// Captions in bold, outlined letters.

#include "refrain/models/sticker/canvas.h"
#include "refrain/models/sticker/font_book.h"

namespace refrain {

/// The room that a caption may take.
struct CaptionRoom {
  double width = 0;
  double height = 0;
  double letter_height = 0;  ///< No letter is drawn larger than this.
};

/// How much `text` must be scaled to fill `room`.
double caption_scale(const TextOutline& text, const CaptionRoom& room);

/// Paints `text` with the middle of its upper edge at `top`. Does nothing for an empty text.
void paint_caption(Canvas& canvas,
                   const TextOutline& text,
                   Point top,
                   double scale,
                   const Shades& shades);

}  // namespace refrain
