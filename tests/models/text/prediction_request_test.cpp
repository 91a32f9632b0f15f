#include "refrain/models/text/prediction_request.h"

#include <gtest/gtest.h>

namespace refrain {
namespace {

TEST(ResolveMode, CompletesAWordThatTouchesTheEnd) {
  for (const char* text : {"thank", "I would li", "I don'", "(th", "caf\u00E9", "room 4"}) {
    EXPECT_EQ(resolve_mode(PredictionMode::kAuto, text), PredictionMode::kComplete) << text;
  }
}

TEST(ResolveMode, PredictsTheNextWordAfterASpaceOrPunctuation) {
  for (const char* text :
       {"", " ", "thank ", "thank\n", "thank.", "thank,", "Really?", "(", "yes \U0001F600"}) {
    EXPECT_EQ(resolve_mode(PredictionMode::kAuto, text), PredictionMode::kNext) << text;
  }
}

TEST(ResolveMode, LeavesAnExplicitModeAlone) {
  EXPECT_EQ(resolve_mode(PredictionMode::kNext, "thank"), PredictionMode::kNext);
  EXPECT_EQ(resolve_mode(PredictionMode::kComplete, "thank "), PredictionMode::kComplete);
}

TEST(PredictionMode, HasTheNamesOfTheContract) {
  EXPECT_EQ(to_string(PredictionMode::kAuto), "auto");
  EXPECT_EQ(to_string(PredictionMode::kNext), "next");
  EXPECT_EQ(to_string(PredictionMode::kComplete), "complete");
}

}  // namespace
}  // namespace refrain
