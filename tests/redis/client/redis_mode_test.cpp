#include "refrain/redis/client/redis_mode.h"

#include <gtest/gtest.h>

namespace refrain {
namespace {

TEST(RedisMode, HasANameThatItIsFoundBy) {
  for (const RedisMode mode : {RedisMode::kStandalone, RedisMode::kSentinel, RedisMode::kCluster})
    EXPECT_EQ(redis_mode(to_string(mode)), mode);
  EXPECT_EQ(to_string(RedisMode::kCluster), "cluster");
}

TEST(RedisMode, IsNotFoundByAnotherName) {
  EXPECT_FALSE(redis_mode("").has_value());
  EXPECT_FALSE(redis_mode("Cluster").has_value());
  EXPECT_FALSE(redis_mode("ring").has_value());
}

}  // namespace
}  // namespace refrain
