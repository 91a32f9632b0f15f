#pragma once

/// @file
/// Everything that is decided about a sticker before a line of it is drawn.

#include "refrain/models/sticker/palette.h"
#include "refrain/models/sticker/prompt_cues.h"
#include "refrain/models/sticker/sticker_request.h"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace refrain {

/// How a sticker is composed.
enum class Layout : std::uint8_t { kBubble, kMascot, kBadge };

/// The letters of a caption.
enum class Lettering : std::uint8_t { kRounded, kGeometric, kComic, kScript };

/// What has the face.
using Figure = std::variant<Creature, Emblem>;

/// A sticker as decisions. Equal plans give equal pixels with the same fonts, so a plan can be
/// compared in a test where a picture cannot.
struct StickerPlan {
  Layout layout = Layout::kMascot;
  Figure figure = Creature::kBlob;
  Mood mood = Mood::kCalm;
  Palette figure_palette = Palette::kBlue;
  Palette ground_palette = Palette::kYellow;  ///< Bubble, sunburst or ornaments.
  Lettering lettering = Lettering::kRounded;
  std::vector<std::string>
      caption;  ///< Lines, from the top; none if the prompt has nothing to read.
  std::int32_t size = StickerRequest::kDefaultSize;
  std::uint64_t detail_seed = 0;  ///< All that is left to chance while drawing.

  friend bool operator==(const StickerPlan&, const StickerPlan&) = default;
};

/// Decides. Pure: equal requests give equal plans on every machine. Whatever the prompt's words
/// leave open is settled by SHA-256 of prompt, style, variant and seed, stretched by `SplitMix64`;
/// size and format have no part in it, so that they are renditions of one picture.
/// @pre `validate(request)` holds.
StickerPlan plan_sticker(const StickerRequest& request);

}  // namespace refrain
