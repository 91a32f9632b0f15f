#include "refrain/models/sticker/sticker_style.h"

namespace refrain {

std::string_view to_string(StickerStyle style) {
  switch (style) {
    case StickerStyle::kAuto:
      return "auto";
    case StickerStyle::kBubble:
      return "bubble";
    case StickerStyle::kMascot:
      return "mascot";
    case StickerStyle::kBadge:
      return "badge";
  }
  return "auto";
}

std::optional<StickerStyle> parse_sticker_style(std::string_view name) {
  for (const StickerStyle style : kAllStickerStyles) {
    if (to_string(style) == name) return style;
  }
  return std::nullopt;
}

}  // namespace refrain
