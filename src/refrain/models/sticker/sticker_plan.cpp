#include "refrain/models/sticker/sticker_plan.h"

#include "refrain/core/sha256.h"
#include "refrain/models/sticker/caption.h"
#include "refrain/models/sticker/split_mix64.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace refrain {
namespace {

void add_field(std::string& bytes, std::string_view value) {
  bytes += std::to_string(value.size());
  bytes += ':';
  bytes += value;
}

/// The first eight bytes, big-endian, of the digest of every field that may change the drawing.
std::uint64_t picture_seed(const StickerRequest& request) {
  std::string bytes;
  add_field(bytes, "refrain mock sticker 1");
  add_field(bytes, request.prompt);
  add_field(bytes, to_string(request.style));
  add_field(bytes, std::to_string(request.variant));
  add_field(bytes, request.seed ? std::to_string(*request.seed) : "");
  const Sha256Digest digest = sha256(bytes);
  std::uint64_t seed = 0;
  for (std::size_t i = 0; i < 8; ++i)
    seed = (seed << 8U) | digest[i];
  return seed;
}

template <class T, std::size_t N>
T pick(SplitMix64& random, const T (&choices)[N]) {
  return choices[random.below(N)];
}

Layout choose_layout(StickerStyle style, const PromptCues& cues, SplitMix64& random) {
  const Layout by_chance =
      pick(random, {Layout::kBubble, Layout::kMascot, Layout::kMascot, Layout::kBadge});
  switch (style) {
    case StickerStyle::kBubble:
      return Layout::kBubble;
    case StickerStyle::kMascot:
      return Layout::kMascot;
    case StickerStyle::kBadge:
      return Layout::kBadge;
    case StickerStyle::kAuto:
      break;
  }
  if (cues.creature) return Layout::kMascot;
  if (cues.is_saying) return Layout::kBubble;
  if (cues.emblem) return Layout::kBadge;
  return by_chance;
}

std::optional<Emblem> emblem_of(Mood mood) {
  switch (mood) {
    case Mood::kLove:
      return Emblem::kHeart;
    case Mood::kSad:
      return Emblem::kCloud;
    case Mood::kSleepy:
      return Emblem::kMoon;
    case Mood::kHappy:
      return Emblem::kStar;
    case Mood::kCool:
      return Emblem::kSun;
    default:
      return std::nullopt;
  }
}

Figure choose_figure(Layout layout, const PromptCues& cues, SplitMix64& random) {
  const Emblem emblem_by_chance = pick(random, kAllEmblems);
  const Creature creature_by_chance = pick(random,
                                           {Creature::kBlob,
                                            Creature::kBlob,
                                            Creature::kCat,
                                            Creature::kBear,
                                            Creature::kBunny,
                                            Creature::kMouse,
                                            Creature::kFrog,
                                            Creature::kDino});
  if (cues.creature) return *cues.creature;
  if (layout == Layout::kMascot) return creature_by_chance;
  if (cues.emblem) return *cues.emblem;
  const std::optional<Emblem> by_mood = cues.mood ? emblem_of(*cues.mood) : std::nullopt;
  return by_mood.value_or(emblem_by_chance);
}

std::optional<Palette> natural_palette(Creature creature) {
  switch (creature) {
    case Creature::kFox:
      return Palette::kOrange;
    case Creature::kFrog:
    case Creature::kDino:
      return Palette::kGreen;
    case Creature::kPig:
      return Palette::kPink;
    case Creature::kPanda:
      return Palette::kWhite;
    case Creature::kChick:
      return Palette::kYellow;
    case Creature::kPenguin:
      return Palette::kBlue;
    case Creature::kUnicorn:
      return Palette::kWhite;
    case Creature::kBear:
      return Palette::kBrown;
    default:
      return std::nullopt;
  }
}

std::optional<Palette> natural_palette(Emblem emblem) {
  switch (emblem) {
    case Emblem::kHeart:
      return Palette::kRed;
    case Emblem::kStar:
      return Palette::kYellow;
    case Emblem::kSun:
      return Palette::kOrange;
    case Emblem::kMoon:
      return Palette::kYellow;
    case Emblem::kCloud:
      return Palette::kWhite;
    case Emblem::kFlower:
      return Palette::kPink;
    case Emblem::kMug:
      return Palette::kTeal;
    case Emblem::kApple:
      return Palette::kRed;
  }
  return std::nullopt;
}

std::optional<Palette> palette_of(Mood mood) {
  switch (mood) {
    case Mood::kAngry:
      return Palette::kRed;
    case Mood::kSad:
      return Palette::kBlue;
    case Mood::kLove:
      return Palette::kPink;
    case Mood::kSleepy:
      return Palette::kPurple;
    default:
      return std::nullopt;
  }
}

struct Colouring {
  Palette figure;
  Palette ground;
};

/// A colour word in the prompt paints what is largest: the bubble in a bubble, the figure
/// elsewhere.
Colouring choose_palettes(const StickerPlan& plan, const PromptCues& cues, SplitMix64& random) {
  constexpr Palette kLively[] = {Palette::kPink,
                                 Palette::kOrange,
                                 Palette::kYellow,
                                 Palette::kGreen,
                                 Palette::kTeal,
                                 Palette::kBlue,
                                 Palette::kPurple};
  const Palette figure_by_chance = pick(random, kLively);
  Palette ground = pick(random, kLively);
  const std::optional<Palette> by_mood = cues.mood ? palette_of(*cues.mood) : std::nullopt;
  const std::optional<Palette> natural =
      std::visit([](auto kind) { return natural_palette(kind); }, plan.figure);
  const bool is_bubble = plan.layout == Layout::kBubble;
  if (is_bubble && cues.palette) ground = *cues.palette;

  Palette figure = natural.value_or(by_mood.value_or(figure_by_chance));
  if (!is_bubble && cues.palette) figure = *cues.palette;
  const bool keeps_ground = is_bubble && cues.palette;
  while (!keeps_ground && ground == figure)
    ground = pick(random, kLively);
  return {figure, ground};
}

}  // namespace

StickerPlan plan_sticker(const StickerRequest& request) {
  const std::uint64_t seed = picture_seed(request);
  const PromptCues cues = read_cues(request.prompt);
  SplitMix64 random(seed);

  StickerPlan plan;
  plan.layout = choose_layout(request.style, cues, random);
  plan.figure = choose_figure(plan.layout, cues, random);
  const Mood mood_by_chance =
      pick(random, {Mood::kCalm, Mood::kHappy, Mood::kHappy, Mood::kLaughing});
  plan.mood = cues.mood.value_or(mood_by_chance);
  const Colouring colouring = choose_palettes(plan, cues, random);
  plan.figure_palette = colouring.figure;
  plan.ground_palette = colouring.ground;
  plan.lettering = pick(
      random, {Lettering::kRounded, Lettering::kGeometric, Lettering::kComic, Lettering::kScript});
  // A bubble is best filled by a block of text, other captions are a band below the figure.
  const std::size_t columns = plan.layout == Layout::kBubble ? 9 : 13;
  plan.caption = break_caption(readable_caption(request.prompt), columns);
  plan.size = request.size;
  plan.detail_seed = random.next();
  return plan;
}

}  // namespace refrain
