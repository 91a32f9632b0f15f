#include "refrain/models/sticker/sticker_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace refrain {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

StickerPlan plan_of(const std::string& prompt, StickerStyle style = StickerStyle::kAuto) {
  StickerRequest request(prompt);
  request.style = style;
  return plan_sticker(request);
}

TEST(StickerPlan, MakesABlueCatABlueCat) {
  const StickerPlan plan = plan_of("happy blue cat");

  EXPECT_EQ(plan.layout, Layout::kMascot);
  EXPECT_EQ(plan.figure, Figure(Creature::kCat));
  EXPECT_EQ(plan.figure_palette, Palette::kBlue);
  EXPECT_EQ(plan.mood, Mood::kHappy);
  EXPECT_THAT(plan.caption, ElementsAre("happy", "blue cat"));
}

TEST(StickerPlan, SaysWhatPeopleSayInABubble) {
  const StickerPlan plan = plan_of("Thank you!");

  EXPECT_EQ(plan.layout, Layout::kBubble);
  EXPECT_EQ(plan.figure, Figure(Emblem::kHeart));
  EXPECT_THAT(plan.caption, ElementsAre("Thank", "you!"));
}

TEST(StickerPlan, PutsAThingOnABadge) {
  const StickerPlan plan = plan_of("coffee first");

  EXPECT_EQ(plan.layout, Layout::kBadge);
  EXPECT_EQ(plan.figure, Figure(Emblem::kMug));
  EXPECT_NE(plan.figure_palette, plan.ground_palette);
}

TEST(StickerPlan, GivesAnimalsTheirOwnColoursUnlessThePromptSaysOtherwise) {
  EXPECT_EQ(plan_of("a fox").figure_palette, Palette::kOrange);
  EXPECT_EQ(plan_of("a frog").figure_palette, Palette::kGreen);
  EXPECT_EQ(plan_of("a purple frog").figure_palette, Palette::kPurple);
}

TEST(StickerPlan, PaintsABubbleInTheColourOfThePrompt) {
  EXPECT_EQ(plan_of("green hello", StickerStyle::kBubble).ground_palette, Palette::kGreen);
}

TEST(StickerPlan, LetsTheMoodShowInFaceAndColour) {
  EXPECT_EQ(plan_of("angry mouse").mood, Mood::kAngry);
  EXPECT_EQ(plan_of("angry mouse").figure_palette, Palette::kRed);
  EXPECT_EQ(plan_of("sad cat").mood, Mood::kSad);
  EXPECT_EQ(plan_of("sad cat").figure_palette, Palette::kBlue);
}

TEST(StickerPlan, ObeysTheStyleWhateverThePrompt) {
  for (const char* prompt : {"hello", "a cat", "coffee", "zorgblatt"}) {
    EXPECT_EQ(plan_of(prompt, StickerStyle::kBubble).layout, Layout::kBubble);
    EXPECT_EQ(plan_of(prompt, StickerStyle::kMascot).layout, Layout::kMascot);
    EXPECT_EQ(plan_of(prompt, StickerStyle::kBadge).layout, Layout::kBadge);
  }
}

TEST(StickerPlan, HasNoCaptionWhenThereIsNothingToRead) {
  const StickerPlan plan = plan_of("🐼💤");

  EXPECT_THAT(plan.caption, IsEmpty());
  EXPECT_EQ(plan.figure, Figure(Creature::kPanda));
  EXPECT_EQ(plan.mood, Mood::kSleepy);
}

TEST(StickerPlan, IsTheSameForEqualRequests) {
  EXPECT_EQ(plan_of("zorgblatt"), plan_of("zorgblatt"));
}

TEST(StickerPlan, DrawsTheSamePictureInEverySizeAndFormat) {
  StickerRequest request("zorgblatt");
  const StickerPlan plan = plan_sticker(request);
  request.size = 128;
  request.format = ImageFormat::kWebp;

  StickerPlan small = plan_sticker(request);

  EXPECT_EQ(small.size, 128);
  small.size = plan.size;
  EXPECT_EQ(small, plan);
}

TEST(StickerPlan, DiffersForEveryPromptStyleVariantAndSeed) {
  std::set<std::uint64_t> seeds;
  for (int i = 0; i < 50; ++i)
    seeds.insert(plan_of("prompt " + std::to_string(i)).detail_seed);
  for (const StickerStyle style : kAllStickerStyles)
    seeds.insert(plan_of("a cat", style).detail_seed);
  StickerRequest request("a cat");
  for (request.variant = 1; request.variant < 10; ++request.variant)
    seeds.insert(plan_sticker(request).detail_seed);
  request.variant = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    request.seed = seed;
    seeds.insert(plan_sticker(request).detail_seed);
  }

  EXPECT_EQ(seeds.size(), 50 + 4 + 9 + 10U);
}

TEST(StickerPlan, IsTheSameOnEveryMachine) {
  StickerRequest request("zorgblatt");
  request.variant = 3;
  request.seed = 42;

  const StickerPlan plan = plan_sticker(request);

  EXPECT_EQ(plan.detail_seed, 15336651347248894350U);
}

}  // namespace
}  // namespace refrain
