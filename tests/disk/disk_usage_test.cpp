#include "refrain/disk/disk_usage.h"

#include <gtest/gtest.h>

namespace refrain {
namespace {

TEST(DiskUsage, CountsWholeBlocks) {
  const DiskUsage usage(4096);

  EXPECT_EQ(usage.taken_by(0), 0U);
  EXPECT_EQ(usage.taken_by(1), 4096U);
  EXPECT_EQ(usage.taken_by(4096), 4096U);
  EXPECT_EQ(usage.taken_by(4097), 8192U);
}

TEST(DiskUsage, FollowsFilesThatGrowShrinkAndGo) {
  DiskUsage usage(512);

  usage.resize(0, 1000);
  usage.resize(0, 1);
  EXPECT_EQ(usage.bytes(), 1536U);
  usage.resize(1000, 100);
  EXPECT_EQ(usage.bytes(), 1024U);
  usage.resize(100, 0);
  usage.resize(1, 0);

  EXPECT_EQ(usage.bytes(), 0U);
}

}  // namespace
}  // namespace refrain
