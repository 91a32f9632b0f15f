#include "refrain/app/time_text.h"

#include <gtest/gtest.h>

#include <chrono>

namespace refrain::app {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(TimeText, IsRfc3339InUtc) {
  EXPECT_EQ(rfc3339(WallTime(milliseconds(0))), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(rfc3339(WallTime(milliseconds(1'700'000'000'042))), "2023-11-14T22:13:20.042Z");
  EXPECT_EQ(rfc3339(WallTime(milliseconds(-1))), "1969-12-31T23:59:59.999Z");
}

TEST(TimeText, KeepsYearsAtFourDigits) {
  EXPECT_EQ(rfc3339(WallTime::max()), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(rfc3339(WallTime::min()), "0000-01-01T00:00:00.000Z");
}

TEST(TimeText, IsADurationInTheUnitThatSuitsIt) {
  EXPECT_EQ(rough_duration(milliseconds(0)), "0 s");
  EXPECT_EQ(rough_duration(milliseconds(1999)), "1 s");
  EXPECT_EQ(rough_duration(seconds(119)), "119 s");
  EXPECT_EQ(rough_duration(seconds(120)), "2 min");
  EXPECT_EQ(rough_duration(hours(2)), "2 h");
  EXPECT_EQ(rough_duration(hours(47)), "47 h");
  EXPECT_EQ(rough_duration(hours(48)), "2 d");
  EXPECT_EQ(rough_duration(milliseconds(-1500)), "-2 s");
}

}  // namespace
}  // namespace refrain::app
