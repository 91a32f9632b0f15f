#include "refrain/models/sticker/caption.h"

#include "models/sticker/hostile_prompts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace refrain {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Caption, KeepsWhatCanBeReadAndSqueezesSpaces) {
  EXPECT_EQ(readable_caption("  Happy \t\n birthday!  "), "Happy birthday!");
  EXPECT_EQ(readable_caption("Привет, 世界"), "Привет, 世界");
}

TEST(Caption, DropsControlFormatAndEmojiCharacters) {
  EXPECT_EQ(readable_caption(std::string("a\0b\x1b\x7f", 5)), "ab");
  EXPECT_EQ(readable_caption("\xe2\x80\xaeright\xe2\x80\xac"), "right");
  EXPECT_EQ(readable_caption("cat 😀👩‍👧 time ❤️"), "cat time");
}

TEST(Caption, DropsMalformedBytesOnly) {
  EXPECT_EQ(readable_caption("a\xff\xc3z\xe2\x82"), "az");
}

TEST(Caption, KeepsAtMostThreeMarksOnALetter) {
  const std::string acute = "\xcc\x81";

  EXPECT_EQ(readable_caption("e" + testing::repeated(acute, 50) + "x"),
            "e" + testing::repeated(acute, 3) + "x");
}

TEST(Caption, IsEmptyWhenThereIsNothingToRead) {
  EXPECT_EQ(readable_caption("😀🎉"), "");
  EXPECT_EQ(readable_caption(std::string(100, '\0')), "");
  EXPECT_THAT(break_caption("", 13), IsEmpty());
}

TEST(Caption, EndsInAnEllipsisBeyondFortyColumns) {
  const std::string forty(40, 'x');

  EXPECT_EQ(readable_caption(forty), forty);
  EXPECT_EQ(readable_caption(forty + "y"), std::string(39, 'x') + "…");
}

TEST(Caption, CountsWideCharactersTwice) {
  EXPECT_EQ(readable_caption(testing::repeated("字", 20)), testing::repeated("字", 20));
  EXPECT_EQ(readable_caption(testing::repeated("字", 21)), testing::repeated("字", 19) + "…");
}

TEST(Caption, IsBrokenAtSpacesIntoLinesOfAboutEqualWidth) {
  EXPECT_THAT(break_caption("blue cat", 13), ElementsAre("blue cat"));
  EXPECT_THAT(break_caption("happy blue cat", 13), ElementsAre("happy", "blue cat"));
  EXPECT_THAT(break_caption("Thank you!", 9), ElementsAre("Thank", "you!"));
}

TEST(Caption, RatherKeepsAWordThanTheComfortableWidth) {
  EXPECT_THAT(break_caption("congratulations", 9), ElementsAre("congratulations"));
}

TEST(Caption, CutsAWordThatIsTooLongForALine) {
  EXPECT_THAT(break_caption(std::string(40, 'x'), 13),
              ElementsAre(std::string(18, 'x'), std::string(18, 'x'), std::string(4, 'x')));
}

TEST(Caption, NeverHasMoreThanThreeLinesWhateverThePrompt) {
  for (const std::string& prompt : testing::hostile_prompts()) {
    const std::vector<std::string> lines = break_caption(readable_caption(prompt), 9);

    EXPECT_THAT(lines, SizeIs(::testing::Le(kCaptionLines)));
    for (const std::string& line : lines)
      EXPECT_TRUE(!line.empty() && is_utf8(line));
  }
}

TEST(IsUtf8, TakesNulAndRefusesMalformedBytes) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8(std::string("a\0ü\0", 5)));
  EXPECT_FALSE(is_utf8("\xff"));
  EXPECT_FALSE(is_utf8(std::string("a\0\xc3", 3)));
  EXPECT_FALSE(is_utf8("\xc0\xaf"));
  EXPECT_FALSE(is_utf8("\xed\xa0\x80"));
}

}  // namespace
}  // namespace refrain
