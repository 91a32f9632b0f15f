#include "refrain/models/sticker/caption_painter.h"

#include <algorithm>

namespace refrain {
namespace {

constexpr Rgb kWhite{0xffffff};
constexpr double kEm = 100;
/// Of a letter's height: how far the outline and the letter itself are thickened, and the depth
/// below.
constexpr double kOutline = 0.30;
constexpr double kBolder = 0.06;
constexpr double kDepth = 0.07;

}  // namespace

double caption_scale(const TextOutline& text, const CaptionRoom& room) {
  if (text.path == nullptr) return 0;
  const double outline = kOutline * kEm;
  return std::min({room.width / (text.width + outline),
                   room.height / (text.height + outline),
                   room.letter_height / kEm});
}

void paint_caption(Canvas& canvas,
                   const TextOutline& text,
                   Point top,
                   double scale,
                   const Shades& shades) {
  if (text.path == nullptr) return;
  const Canvas::Scope scope(canvas);
  canvas.move_origin(top.x, top.y + scale * kOutline * kEm / 2);
  canvas.scale(scale, scale);
  canvas.forget_path();

  {
    const Canvas::Scope below(canvas);
    canvas.move_origin(0, kDepth * kEm);
    cairo_append_path(&canvas.context(), text.path.get());
    canvas.stroke(shades.ink, kOutline * kEm);
  }
  cairo_append_path(&canvas.context(), text.path.get());
  canvas.keep_stroke(shades.ink, kOutline * kEm);
  canvas.keep_fill(shades.ink);

  // The gradient is the source of the stroke as well, which makes thin fonts bold.
  canvas.keep_fill_down(kWhite, shades.light, 0.25 * text.height, text.height);
  cairo_set_line_width(&canvas.context(), kBolder * kEm);
  cairo_stroke(&canvas.context());
}

}  // namespace refrain
