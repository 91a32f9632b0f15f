#include "refrain/models/text/caret_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace refrain {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

CaretContext next(std::string_view text) {
  return {text, PredictionMode::kNext};
}
CaretContext complete(std::string_view text) {
  return {text, PredictionMode::kComplete};
}

TEST(CaretContext, KeepsTheLastTwoWordsInLowerCase) {
  EXPECT_THAT(next("I Would LIKE").words(), ElementsAre("would", "like"));
}

TEST(CaretContext, KeepsApostrophesOnlyInsideWords) {
  EXPECT_THAT(next("'don't' 'stop'").words(), ElementsAre("don't", "stop"));
}

TEST(CaretContext, TakesTheTypographicApostropheForTheTypewriters) {
  EXPECT_THAT(next("I don\u2019t").words(), ElementsAre("i", "don't"));
}

TEST(CaretContext, ForgetsTheWordsOfAFinishedSentence) {
  EXPECT_THAT(next("Thank you. How are").words(), ElementsAre("how", "are"));
  EXPECT_THAT(next("Thank you. ").words(), IsEmpty());
  EXPECT_THAT(next("Thank you!").words(), IsEmpty());
  EXPECT_THAT(next("(Thank you?) ").words(), IsEmpty());
  EXPECT_THAT(next("Thank you\n").words(), IsEmpty());
}

TEST(CaretContext, DoesNotTakeADotInsideANumberForASentenceEnd) {
  EXPECT_THAT(next("about 3.5 miles").words(), ElementsAre("5", "miles"));
}

TEST(CaretContext, PassesOverCommasAndEmoji) {
  EXPECT_THAT(next("well, thank \U0001F600 you \u2764\uFE0F").words(), ElementsAre("thank", "you"));
}

TEST(CaretContext, KeepsLettersOfOtherScriptsInTheirWords) {
  EXPECT_THAT(next("un caf\u00E9 \u6F22\u5B57").words(), ElementsAre("caf\u00E9", "\u6F22\u5B57"));
}

TEST(CaretContext, SplitsOffTheWordBeingTypedOnlyInCompletion) {
  const std::string text = "I would Li";

  EXPECT_EQ(complete(text).typed(), "Li");
  EXPECT_EQ(complete(text).prefix(), "li");
  EXPECT_THAT(complete(text).words(), ElementsAre("i", "would"));
  EXPECT_EQ(next(text).typed(), "");
  EXPECT_THAT(next(text).words(), ElementsAre("would", "li"));
}

TEST(CaretContext, KeepsTheApostropheOfAHalfTypedContraction) {
  EXPECT_EQ(complete("I don\u2019").typed(), "don\u2019");
  EXPECT_EQ(complete("I don\u2019").prefix(), "don'");
}

TEST(CaretContext, HasNothingTypedAfterASpaceOrASymbol) {
  EXPECT_EQ(complete("I would ").typed(), "");
  EXPECT_EQ(complete("I would,").typed(), "");
  EXPECT_EQ(complete("").typed(), "");
}

TEST(CaretContext, NeedsASpaceUnlessThereIsOneOrABracketOpens) {
  EXPECT_TRUE(next("like").needs_space());
  EXPECT_TRUE(next("like,").needs_space());
  EXPECT_TRUE(next("\U0001F600").needs_space());
  EXPECT_FALSE(next("like ").needs_space());
  EXPECT_FALSE(next("like\n").needs_space());
  EXPECT_FALSE(next("like\u00A0").needs_space());
  EXPECT_FALSE(next("like (").needs_space());
  EXPECT_FALSE(next("").needs_space());
}

TEST(CaretContext, StandsAtASentenceStartUntilAWordIsFinished) {
  EXPECT_TRUE(next("").at_sentence_start());
  EXPECT_TRUE(next("Yes. ").at_sentence_start());
  EXPECT_TRUE(complete("Yes. th").at_sentence_start());
  EXPECT_FALSE(next("Yes").at_sentence_start());
}

TEST(CaretContext, SurvivesEveryCutThroughUtf8) {
  const std::string text = "caf\u00E9 \U0001F600 \u6F22\u5B57 don\u2019t";

  for (std::size_t size = 0; size <= text.size(); ++size) {
    for (const PredictionMode mode : {PredictionMode::kNext, PredictionMode::kComplete}) {
      const std::string cut = text.substr(0, size);

      EXPECT_LE(CaretContext(cut, mode).words().size(), CaretContext::kMaxWords) << size;
    }
  }
}

TEST(CaretContext, SurvivesEveryPairOfBytes) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second)};

      EXPECT_LE(complete(text).typed().size(), text.size());
    }
  }
}

}  // namespace
}  // namespace refrain
