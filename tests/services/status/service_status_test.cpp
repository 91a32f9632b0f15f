#include "refrain/services/status/service_status.h"

#include <gtest/gtest.h>

namespace refrain {
namespace {

TEST(ServiceStatus, IsWholeWhileEveryTierIsThere) {
  ServiceStatus status;
  EXPECT_TRUE(status.is_whole());

  status.cache.tiers.resize(2);
  EXPECT_TRUE(status.is_whole());

  status.cache.tiers[1].available = false;
  EXPECT_FALSE(status.is_whole());
}

TEST(ServiceStatus, IsNotWholeWhileADiskTierIsNotWrittenTo) {
  ServiceStatus status;
  status.cache.tiers.resize(2);
  DiskTierStats disk;
  disk.state = "closed";
  disk.write_state = "closed";
  status.cache.tiers[1].disk = disk;
  EXPECT_TRUE(status.is_whole());

  for (const char* state : {"open", "half-open"}) {
    status.cache.tiers[1].disk->write_state = state;
    EXPECT_FALSE(status.is_whole()) << state;
  }
}

}  // namespace
}  // namespace refrain
