#pragma once

/// @file
/// What the words of a prompt say about its picture.

#include "refrain/models/sticker/palette.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace refrain {

/// What a face shows.
enum class Mood : std::uint8_t {
  kCalm,
  kHappy,
  kLaughing,
  kLove,
  kSad,
  kAngry,
  kSleepy,
  kSurprised,
  kCool,
};

/// Creatures that a mascot can be. `kBlob` is what a prompt without any animal gets.
enum class Creature : std::uint8_t {
  kBlob,
  kCat,
  kDog,
  kBear,
  kBunny,
  kFox,
  kPanda,
  kMouse,
  kFrog,
  kPig,
  kChick,
  kPenguin,
  kDino,
  kUnicorn,
};

/// Things that a badge can show.
enum class Emblem : std::uint8_t {
  kHeart,
  kStar,
  kSun,
  kMoon,
  kCloud,
  kFlower,
  kMug,
  kApple,
};

/// Every one of them, for tables and tests.
inline constexpr Mood kAllMoods[] = {
    Mood::kCalm,
    Mood::kHappy,
    Mood::kLaughing,
    Mood::kLove,
    Mood::kSad,
    Mood::kAngry,
    Mood::kSleepy,
    Mood::kSurprised,
    Mood::kCool,
};
inline constexpr Creature kAllCreatures[] = {
    Creature::kBlob,
    Creature::kCat,
    Creature::kDog,
    Creature::kBear,
    Creature::kBunny,
    Creature::kFox,
    Creature::kPanda,
    Creature::kMouse,
    Creature::kFrog,
    Creature::kPig,
    Creature::kChick,
    Creature::kPenguin,
    Creature::kDino,
    Creature::kUnicorn,
};
inline constexpr Emblem kAllEmblems[] = {
    Emblem::kHeart,
    Emblem::kStar,
    Emblem::kSun,
    Emblem::kMoon,
    Emblem::kCloud,
    Emblem::kFlower,
    Emblem::kMug,
    Emblem::kApple,
};

/// The first cue of each kind in a prompt.
struct PromptCues {
  std::optional<Palette> palette;
  std::optional<Mood> mood;
  std::optional<Creature> creature;
  std::optional<Emblem> emblem;
  bool is_saying =
      false;  ///< The prompt is something that people say: "thank you", "good morning".

  friend bool operator==(const PromptCues&, const PromptCues&) = default;
};

/// Reads English words of either case, their plurals, and emoji. Looks at the first 64 words only,
/// so that its cost has a bound.
PromptCues read_cues(std::string_view prompt);

}  // namespace refrain
