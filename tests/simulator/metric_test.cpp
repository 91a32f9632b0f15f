#include "refrain/simulator/metric.h"

#include <gtest/gtest.h>

namespace refrain {
namespace {

TEST(Metric, IsFoundByItsName) {
  for (const Metric one : kMetrics)
    EXPECT_EQ(metric(name_of(one)), one);

  EXPECT_EQ(metric("hit"), std::nullopt);
}

TEST(Metric, IsAShareOfWhatWasAsked) {
  Score score;
  score.count(30, 2, true);
  score.count(70, 6, false);

  EXPECT_DOUBLE_EQ(ratio_of(score, Metric::kHits), 0.5);
  EXPECT_DOUBLE_EQ(ratio_of(score, Metric::kBytes), 0.3);
  EXPECT_DOUBLE_EQ(ratio_of(score, Metric::kSeconds), 0.25);
}

TEST(Metric, IsZeroWhereNothingWasAsked) {
  for (const Metric one : kMetrics)
    EXPECT_EQ(ratio_of(Score(), one), 0);
}

}  // namespace
}  // namespace refrain
