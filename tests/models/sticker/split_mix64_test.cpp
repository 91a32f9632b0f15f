#include "refrain/models/sticker/split_mix64.h"

#include <gtest/gtest.h>

namespace refrain {
namespace {

TEST(SplitMix64, GivesTheNumbersOfTheReferenceProgram) {
  SplitMix64 random(1234567);

  EXPECT_EQ(random.next(), 6457827717110365317U);
  EXPECT_EQ(random.next(), 3203168211198807973U);
  EXPECT_EQ(random.next(), 9817491932198370423U);
}

TEST(SplitMix64, KeepsDerivedNumbersInTheirRanges) {
  SplitMix64 random(7);
  for (int i = 0; i < 1000; ++i) {
    const double unit = random.unit();
    EXPECT_TRUE(unit >= 0 && unit < 1);
    const double between = random.between(-3, 5);
    EXPECT_TRUE(between >= -3 && between < 5);
    EXPECT_LT(random.below(3), 3U);
  }
}

}  // namespace
}  // namespace refrain
