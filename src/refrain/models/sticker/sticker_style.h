#pragma once

/// @file
/// The kinds of sticker that a caller may ask for.

#include <cstdint>
#include <optional>
#include <string_view>

namespace refrain {

enum class StickerStyle : std::uint8_t {
  kAuto,    ///< The prompt decides.
  kBubble,  ///< A speech bubble that says the prompt.
  kMascot,  ///< A round creature above the caption.
  kBadge,   ///< A thing with a face on a sunburst.
};

/// Every style, for tables and tests.
inline constexpr StickerStyle kAllStickerStyles[] = {
    StickerStyle::kAuto,
    StickerStyle::kBubble,
    StickerStyle::kMascot,
    StickerStyle::kBadge,
};

/// The style's name in requests: `"bubble"`.
std::string_view to_string(StickerStyle style);

/// The style with this name, or nothing. Names are lower case.
std::optional<StickerStyle> parse_sticker_style(std::string_view name);

}  // namespace refrain
