#pragma once

/// @file
/// The hand that draws: from a plan to pixels.

#include "refrain/core/result.h"
#include "refrain/models/sticker/font_options.h"
#include "refrain/models/sticker/rgba_image.h"
#include "refrain/models/sticker/sticker_plan.h"

#include <memory>

namespace refrain {

class FontBook;

/// Draws stickers, without I/O once it has its fonts.
///
/// Thread safety: `draw` may be called from any thread, and calls do not wait for each other.
class StickerArtist {
public:
  /// Reads the fonts: tens of milliseconds. Fails with `kUnavailable` if there is none at all.
  static Result<std::unique_ptr<StickerArtist>> create(const FontOptions& options = {});

  ~StickerArtist();
  StickerArtist(const StickerArtist&) = delete;
  StickerArtist& operator=(const StickerArtist&) = delete;

  /// A square picture of `plan.size` pixels with a transparent background; equal plans give equal
  /// pixels. Fails with `kInternal` if Cairo does, `kUnprocessable` if the size is outside what a
  /// request may ask.
  [[nodiscard]] Result<RgbaImage> draw(const StickerPlan& plan) const;

private:
  explicit StickerArtist(std::unique_ptr<FontBook> fonts);

  std::unique_ptr<FontBook> fonts_;
};

}  // namespace refrain
