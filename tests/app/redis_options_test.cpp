#include "app/option_rig.h"

#include <gtest/gtest.h>

namespace refrain::app {
namespace {

TEST(RedisOptions, NeedNothingForARedisOnThisMachine) {
  const Settings defaults;

  EXPECT_EQ(option("REDIS_HOST").show(defaults), "localhost");
  EXPECT_EQ(option("REDIS_PORT").show(defaults), "6379");
  EXPECT_EQ(option("REDIS_URL").show(defaults), "");
  EXPECT_EQ(option("REFRAIN_REDIS_MODE").show(defaults), "standalone");
}

TEST(RedisOptions, SayWhatIsAllowed) {
  EXPECT_EQ(complaint("REDIS_PORT", "0"), "must be a whole number from 1 to 65535");
  EXPECT_EQ(complaint("REFRAIN_REDIS_MODE", "ring"),
            "must be one of standalone, sentinel, cluster");
  EXPECT_EQ(complaint("REFRAIN_REDIS_PROTOCOL", "4"), "must be a whole number from 2 to 3");
  EXPECT_EQ(complaint("REFRAIN_REDIS_BUDGET", "0"), "must be a whole number from 1 to 60000");
}

TEST(RedisOptions, TakeNoLifetimeThatTheTierDoesNot) {
  EXPECT_EQ(complaint("REDIS_TTL", "315360000"), "ok");
  EXPECT_EQ(complaint("REDIS_TTL", "315360001"), "must be a whole number from 1 to 315360000");
  EXPECT_EQ(complaint("REDIS_TTL", "0"), "must be a whole number from 1 to 315360000");
}

}  // namespace
}  // namespace refrain::app
