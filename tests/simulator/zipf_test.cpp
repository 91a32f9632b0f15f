#include "refrain/simulator/zipf.h"

#include <gtest/gtest.h>

namespace refrain {
namespace {

TEST(Zipf, GivesEachRankItsShare) {
  const Zipf zipf(3, 1);  // 6/11, 3/11, 2/11

  EXPECT_EQ(zipf.rank(0), 0U);
  EXPECT_EQ(zipf.rank(0.54), 0U);
  EXPECT_EQ(zipf.rank(0.55), 1U);
  EXPECT_EQ(zipf.rank(0.81), 1U);
  EXPECT_EQ(zipf.rank(0.82), 2U);
  EXPECT_EQ(zipf.rank(0.999999999), 2U);
}

TEST(Zipf, NeverLeavesItsRanks) {
  EXPECT_EQ(Zipf(1, 0.9).rank(0.5), 0U);
  EXPECT_EQ(Zipf(7, 0.9).rank(1), 6U);
}

}  // namespace
}  // namespace refrain
