#include "refrain/redis/client/redis_address.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace refrain {
namespace {

std::string described(std::string_view text) {
  const Result<std::vector<RedisAddress>> parsed = parse_redis_addresses(text, 6379);
  if (!parsed) return "error";
  std::string all;
  for (const RedisAddress& address : *parsed)
    all += (all.empty() ? "" : " ") + address.describe();
  return all;
}

TEST(RedisAddress, IsAHostAndAPort) {
  EXPECT_EQ(described("10.0.0.1:7000"), "10.0.0.1:7000");
  EXPECT_EQ(described("redis.example"), "redis.example:6379");
}

TEST(RedisAddress, HasIpv6HostsInBrackets) {
  EXPECT_EQ(described("[::1]:7000"), "[::1]:7000");
  EXPECT_EQ(described("[fe80::2]"), "[fe80::2]:6379");
}

TEST(RedisAddress, ComesInListsWithCommas) {
  EXPECT_EQ(described("a:1,b,[::1]:3"), "a:1 b:6379 [::1]:3");
  EXPECT_EQ(described("  a:1 , b:2  "), "a:1 b:2");
  EXPECT_EQ(described(""), "");
  EXPECT_EQ(described("  "), "");
}

TEST(RedisAddress, IsRefusedIfItMakesNoSense) {
  for (const char* const text : {",",
                                 "a,",
                                 "a,,b",
                                 ":1",
                                 "a:",
                                 "a:0",
                                 "a:65536",
                                 "a:x",
                                 "a:1x",
                                 "::1",
                                 "[::1",
                                 "[]:1",
                                 "[::1]7"}) {
    EXPECT_EQ(described(text), "error") << text;
  }
}

TEST(RedisAddress, SaysWhichAddressIsWrong) {
  const Result<std::vector<RedisAddress>> parsed = parse_redis_addresses("good:1, bad:0", 6379);

  ASSERT_FALSE(parsed.has_value());
  EXPECT_NE(parsed.error().message().find("'bad:0'"), std::string::npos);
}

}  // namespace
}  // namespace refrain
