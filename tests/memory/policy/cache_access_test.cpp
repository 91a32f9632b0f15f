#include "refrain/memory/policy/cache_access.h"

#include <gtest/gtest.h>

#include <limits>

namespace refrain {
namespace {

TEST(CountedSeconds, AreTheCostWhereThatCanBe) {
  EXPECT_EQ(counted_seconds(0.25F), 0.25F);
  EXPECT_EQ(counted_seconds(0), 0);
}

TEST(CountedSeconds, AreNoneWhereTheCostIsNegativeOrNoNumber) {
  EXPECT_EQ(counted_seconds(-1), 0);
  EXPECT_EQ(counted_seconds(-std::numeric_limits<float>::infinity()), 0);
  EXPECT_EQ(counted_seconds(std::numeric_limits<float>::quiet_NaN()), 0);
}

TEST(CountedSeconds, AreAFewHoursAtMost) {
  EXPECT_EQ(counted_seconds(std::numeric_limits<float>::infinity()), 10'800);
  EXPECT_EQ(counted_seconds(std::numeric_limits<float>::max()), 10'800);
}

}  // namespace
}  // namespace refrain
