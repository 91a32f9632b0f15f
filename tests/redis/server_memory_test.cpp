#include "refrain/redis/server_memory.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace refrain {
namespace {

std::string info(std::string_view most, std::string_view policy) {
  return "# Memory\r\nused_memory:1048576\r\nused_memory_human:1.00M\r\nmaxmemory:" +
         std::string(most) + "\r\nmaxmemory_human:0B\r\nmaxmemory_policy:" + std::string(policy) +
         "\r\nmem_allocator:jemalloc\r\n";
}

TEST(ServerMemory, IsWhatTheServerSays) {
  const auto memory = parse_server_memory(info("2097152", "allkeys-lru")).value();

  EXPECT_EQ(memory.used_bytes, 1'048'576);
  EXPECT_EQ(memory.max_bytes, 2'097'152);
  EXPECT_EQ(memory.policy, "allkeys-lru");
  EXPECT_EQ(memory.warning, "");
}

TEST(ServerMemory, WarnsOnlyOfAFullServerThatGivesNothingUp) {
  for (const std::string_view good :
       {"allkeys-lru", "allkeys-lfu", "volatile-ttl", "volatile-lru", "allkeys-random"})
    EXPECT_EQ(parse_server_memory(info("1", good))->warning, "") << good;
  EXPECT_EQ(parse_server_memory(info("0", "noeviction"))->warning, "") << "it is never full";
  EXPECT_NE(parse_server_memory(info("1", "noeviction"))->warning, "");
}

TEST(ServerMemory, IsNothingIfTheServerSaysSomethingElse) {
  for (const std::string_view other : {"",
                                       "NOPERM",
                                       "used_memory:1\r\nmaxmemory:2\r\n",
                                       "used_memory:1\r\nmaxmemory:x\r\nmaxmemory_policy:a\r\n",
                                       "maxmemory:2\r\nmaxmemory_policy:a\r\n"})
    EXPECT_FALSE(parse_server_memory(other).has_value()) << other;
}

TEST(ServerMemory, TakesLinesWithoutCarriageReturns) {
  EXPECT_EQ(parse_server_memory("used_memory:1\nmaxmemory:2\nmaxmemory_policy:a")->policy, "a");
}

}  // namespace
}  // namespace refrain
