#pragma once

/// @file
/// Text as outlines.

#include "refrain/core/mutex.h"
#include "refrain/core/result.h"
#include "refrain/models/sticker/cairo_handle.h"
#include "refrain/models/sticker/font_options.h"
#include "refrain/models/sticker/sticker_plan.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace refrain {

/// The outlines of a caption whose letters are 100 units high, centred on x = 0, the first line's
/// top near y = 0. `path` is null if nothing of the text can be drawn.
struct TextOutline {
  PathHandle path;
  double width = 0;
  double height = 0;
};

/// A private set of fonts.
///
/// Thread safety: any. A Pango font map may be used by one thread at a time, so each call borrows a
/// map and gives it back; there are as many maps as calls ever ran at once.
class FontBook {
public:
  /// Fails with `kUnavailable` if the options lead to no font at all.
  static Result<std::unique_ptr<FontBook>> open(const FontOptions& options);

  ~FontBook();
  FontBook(const FontBook&) = delete;
  FontBook& operator=(const FontBook&) = delete;

  /// Letters that no font has are left out. The middle of a single line hangs `sag` units lower
  /// than its ends.
  [[nodiscard]] TextOutline outline(std::span<const std::string> lines,
                                    Lettering lettering,
                                    double sag) const;

private:
  class Shaper;
  class Fonts;

  explicit FontBook(std::unique_ptr<Fonts> fonts);

  std::unique_ptr<Shaper> borrow() const;
  void give_back(std::unique_ptr<Shaper> shaper) const;

  std::unique_ptr<Fonts> fonts_;
  mutable Mutex mutex_;
  mutable std::vector<std::unique_ptr<Shaper>> idle_ REFRAIN_GUARDED_BY(mutex_);
};

}  // namespace refrain
