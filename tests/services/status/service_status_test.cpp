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

}  // namespace
}  // namespace refrain
