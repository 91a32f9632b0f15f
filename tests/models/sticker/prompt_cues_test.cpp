#include "refrain/models/sticker/prompt_cues.h"

#include "models/sticker/hostile_prompts.h"

#include <gtest/gtest.h>

namespace refrain {
namespace {

TEST(PromptCues, ReadColourMoodAndCreature) {
  const PromptCues cues = read_cues("A happy BLUE cat, please");

  EXPECT_EQ(cues.palette, Palette::kBlue);
  EXPECT_EQ(cues.mood, Mood::kHappy);
  EXPECT_EQ(cues.creature, Creature::kCat);
  EXPECT_EQ(cues.emblem, std::nullopt);
  EXPECT_TRUE(cues.is_saying);
}

TEST(PromptCues, AreNoneInAnUnknownWord) {
  EXPECT_EQ(read_cues("zorgblatt"), PromptCues{});
}

TEST(PromptCues, ReadWholeWordsOnly) {
  EXPECT_EQ(read_cues("category redo starboard catsup"), PromptCues{});
}

TEST(PromptCues, ReadPlurals) {
  EXPECT_EQ(read_cues("cats").creature, Creature::kCat);
  EXPECT_EQ(read_cues("bunnies").creature, Creature::kBunny);
  EXPECT_EQ(read_cues("stars").emblem, Emblem::kStar);
}

TEST(PromptCues, KeepTheFirstOfEachKind) {
  const PromptCues cues = read_cues("a red fox and a green bear");

  EXPECT_EQ(cues.palette, Palette::kRed);
  EXPECT_EQ(cues.creature, Creature::kFox);
}

TEST(PromptCues, LetOneWordMeanSeveralThings) {
  const PromptCues cues = read_cues("love");

  EXPECT_EQ(cues.mood, Mood::kLove);
  EXPECT_EQ(cues.emblem, Emblem::kHeart);
}

TEST(PromptCues, ReadEmojiEvenWithinWords) {
  const PromptCues cues = read_cues("yum🐱😴!");

  EXPECT_EQ(cues.creature, Creature::kCat);
  EXPECT_EQ(cues.mood, Mood::kSleepy);
}

TEST(PromptCues, AreReadFromTheFirstWordsOfAnEndlessPrompt) {
  EXPECT_EQ(read_cues(testing::repeated("word ", 63) + "cat").creature, Creature::kCat);
  EXPECT_EQ(read_cues(testing::repeated("word ", 70) + "cat").creature, std::nullopt);
}

TEST(PromptCues, SurviveHostilePrompts) {
  for (const std::string& prompt : testing::hostile_prompts())
    EXPECT_EQ(read_cues(prompt), read_cues(prompt));
  EXPECT_EQ(read_cues("\xff\xfe"), PromptCues{});
}

}  // namespace
}  // namespace refrain
