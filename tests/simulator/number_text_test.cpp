#include "refrain/simulator/number_text.h"

#include <gtest/gtest.h>

namespace refrain {
namespace {

TEST(NumberText, GroupsThreeDigits) {
  EXPECT_EQ(grouped_text(0), "0");
  EXPECT_EQ(grouped_text(999), "999");
  EXPECT_EQ(grouped_text(1000), "1,000");
  EXPECT_EQ(grouped_text(1234567), "1,234,567");
}

TEST(NumberText, WritesBytesWithThreeDigits) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(1000), "1 kB");
  EXPECT_EQ(bytes_text(12'540'000), "12.5 MB");
  EXPECT_EQ(bytes_text(999'700), "1 MB");
  EXPECT_EQ(bytes_text(1'230'000'000), "1.23 GB");
  EXPECT_EQ(bytes_text(~std::uint64_t{0}), "18.4 EB");
}

TEST(NumberText, WritesDecimalsAsAsked) {
  EXPECT_EQ(fixed_text(12.3, 2), "12.30");
  EXPECT_EQ(fixed_text(0.5, 0), "0");
  EXPECT_EQ(fixed_text(-1.25, 1), "-1.2");
}

TEST(NumberText, WritesSizesInTheirUnit) {
  EXPECT_EQ(size_text(16384, CacheUnit::kItems), "16,384");
  EXPECT_EQ(size_text(16384, CacheUnit::kBytes), "16.4 kB");
}

}  // namespace
}  // namespace refrain
