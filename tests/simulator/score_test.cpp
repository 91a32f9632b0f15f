#include "refrain/simulator/score.h"

#include <gtest/gtest.h>

namespace refrain {
namespace {

TEST(Score, SumsWhatWasAskedAndWhatOfItWasThere) {
  Score score;

  score.count(30, 2, true);
  score.count(70, 6, false);

  EXPECT_EQ(score.requests, 2U);
  EXPECT_EQ(score.hits, 1U);
  EXPECT_EQ(score.bytes_asked, 100U);
  EXPECT_EQ(score.bytes_hit, 30U);
  EXPECT_EQ(score.seconds_asked, 8);
  EXPECT_EQ(score.seconds_saved, 2);
}

}  // namespace
}  // namespace refrain
