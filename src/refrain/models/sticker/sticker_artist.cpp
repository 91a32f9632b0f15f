#include "refrain/models/sticker/sticker_artist.h"

#include "refrain/models/sticker/canvas.h"
#include "refrain/models/sticker/die_cut.h"
#include "refrain/models/sticker/font_book.h"
#include "refrain/models/sticker/scene_painter.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace refrain {
namespace {

/// All lengths are given for this size and scaled.
constexpr double kDesignSize = 512;
/// Room for the rim and the shadow around the drawing.
constexpr double kMargin = 27;
/// A small drawing is enlarged up to this, so that lines do not become crude.
constexpr double kLargestScale = 1.3;
constexpr int kDraftSize = 200;
/// A caption below a round figure follows its curve.
constexpr double kSag = 15;

/// A square drawing surface.
class Sheet {
public:
  explicit Sheet(int size)
      : size_(size),
        surface_(cairo_image_surface_create(CAIRO_FORMAT_ARGB32, size, size)),
        cairo_(cairo_create(surface_.get())) {}

  [[nodiscard]] cairo_t& cairo() const { return *cairo_; }

  [[nodiscard]] bool is_usable() const {
    return cairo_status(cairo_.get()) == CAIRO_STATUS_SUCCESS;
  }

  /// Its pixels, once all drawing is done. Rows have no gaps: four bytes a pixel need no padding.
  [[nodiscard]] std::span<const std::uint32_t> pixels() const {
    cairo_surface_flush(surface_.get());
    const auto count = static_cast<std::size_t>(size_) * static_cast<std::size_t>(size_);
    return {reinterpret_cast<const std::uint32_t*>(cairo_image_surface_get_data(surface_.get())),
            count};
  }

private:
  int size_;
  SurfaceHandle surface_;
  CairoHandle cairo_;
};

/// What a scene covers, in its own units.
struct InkBox {
  double left = 0;
  double top = 0;
  double right = 0;
  double bottom = 0;
};

InkBox find_ink(std::span<const std::uint32_t> pixels) {
  int left = kDraftSize;
  int top = kDraftSize;
  int right = -1;
  int bottom = -1;
  for (int y = 0; y < kDraftSize; ++y) {
    for (int x = 0; x < kDraftSize; ++x) {
      const auto pixel = static_cast<std::size_t>(y) * kDraftSize + static_cast<std::size_t>(x);
      if ((pixels[pixel] >> 24U) < 16) continue;
      left = std::min(left, x);
      right = std::max(right, x);
      top = std::min(top, y);
      bottom = std::max(bottom, y);
    }
  }
  constexpr double kUnits = 2 * kSceneReach / kDraftSize;
  return {left * kUnits - kSceneReach,
          top * kUnits - kSceneReach,
          (right + 1) * kUnits - kSceneReach,
          (bottom + 1) * kUnits - kSceneReach};
}

Result<InkBox> measure(const StickerPlan& plan, const TextOutline& caption) {
  const Sheet draft(kDraftSize);
  Canvas canvas(draft.cairo());
  canvas.scale(kDraftSize / (2 * kSceneReach), kDraftSize / (2 * kSceneReach));
  canvas.move_origin(kSceneReach, kSceneReach);
  paint_scene(canvas, plan, caption);
  if (!draft.is_usable()) return fail(ErrorCode::kInternal, "cairo could not draw the draft");
  return find_ink(draft.pixels());
}

}  // namespace

StickerArtist::StickerArtist(std::unique_ptr<FontBook> fonts) : fonts_(std::move(fonts)) {}

StickerArtist::~StickerArtist() = default;

Result<std::unique_ptr<StickerArtist>> StickerArtist::create(const FontOptions& options) {
  auto fonts = FontBook::open(options);
  if (!fonts) return fail(std::move(fonts).error());
  return std::unique_ptr<StickerArtist>(new StickerArtist(std::move(*fonts)));
}

Result<RgbaImage> StickerArtist::draw(const StickerPlan& plan) const {
  if (plan.size < StickerRequest::kMinSize || plan.size > StickerRequest::kMaxSize) {
    return fail(ErrorCode::kUnprocessable, "the size is outside 64 … 1024 pixels", "size");
  }
  const TextOutline caption =
      fonts_->outline(plan.caption, plan.lettering, plan.layout == Layout::kBubble ? 0 : kSag);
  const Result<InkBox> ink = measure(plan, caption);
  if (!ink) return fail(ink.error());

  const double pixels_per_unit = plan.size / kDesignSize;
  const double room = kDesignSize - 2 * kMargin;
  const double scale =
      std::min({kLargestScale, room / (ink->right - ink->left), room / (ink->bottom - ink->top)});
  const Sheet sheet(plan.size);
  Canvas canvas(sheet.cairo());
  canvas.scale(pixels_per_unit, pixels_per_unit);
  canvas.move_origin(kDesignSize / 2, kDesignSize / 2);
  canvas.scale(scale, scale);
  canvas.move_origin(-(ink->left + ink->right) / 2, -(ink->top + ink->bottom) / 2);
  paint_scene(canvas, plan, caption);
  if (!sheet.is_usable()) return fail(ErrorCode::kInternal, "cairo could not draw the sticker");

  DieCut cut;
  cut.rim *= pixels_per_unit;
  cut.closing *= pixels_per_unit;
  cut.shadow_blur *= pixels_per_unit;
  cut.shadow_drop *= pixels_per_unit;
  return cut_out(sheet.pixels(), static_cast<std::size_t>(plan.size), cut);
}

}  // namespace refrain
