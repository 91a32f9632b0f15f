#include "refrain/redis/client/redis_command.h"

#include <gtest/gtest.h>

#include <string_view>

namespace refrain {
namespace {

TEST(RedisCommand, IsAnArrayOfBulkStrings) {
  using namespace std::string_view_literals;

  const RedisCommand command({"SET", "key", "a\r\n\0b"sv});

  EXPECT_EQ(command.wire(), "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\na\r\n\0b\r\n"sv);
  EXPECT_EQ(command.size(), 1U);
}

TEST(RedisCommand, HoldsSeveralInOrder) {
  RedisCommand command({"PING"});

  command.add({"GET", ""});
  command.add(RedisCommand({"PING"}));

  EXPECT_EQ(command.wire(),
            "*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$0\r\n\r\n*1\r\n$4\r\nPING\r\n");
  EXPECT_EQ(command.size(), 3U);
}

TEST(RedisCommand, IsAboutTheSecondWordOfItsFirstCommand) {
  RedisCommand command({"INCRBY", "the key", "12"});
  command.add({"PEXPIRE", "another", "5"});

  EXPECT_EQ(command.routing_key(), "the key");
}

TEST(RedisCommand, IsAboutNothingWithoutASecondWord) {
  EXPECT_EQ(RedisCommand({"PING"}).routing_key(), "");
  EXPECT_EQ(RedisCommand({"GET", ""}).routing_key(), "");
  EXPECT_EQ(RedisCommand().routing_key(), "");
}

TEST(RedisCommand, IsAboutTheFirstKeyOfAScript) {
  EXPECT_EQ(RedisCommand({"EVAL", "return 1", "1", "the key", "argument"}).routing_key(),
            "the key");
  EXPECT_EQ(RedisCommand({"EVALSHA", "abc", "2", "first", "second"}).routing_key(), "first");
  EXPECT_EQ(RedisCommand({"EVAL", "return 1", "0"}).routing_key(), "");
}

TEST(RedisCommand, IsAboutAKeyOfAnyBytes) {
  const std::string key("\r\n$3\r\n\0*", 8);

  EXPECT_EQ(RedisCommand({"GET", key}).routing_key(), key);
}

TEST(RedisCommand, KnowsTheNameOfItsFirstCommand) {
  RedisCommand command({"INCRBY", "the key", "12"});
  command.add({"GET", "the key"});

  EXPECT_EQ(command.name(), "INCRBY");
  EXPECT_EQ(RedisCommand().name(), "");
}

TEST(RedisCommand, ComesApartIntoItsCommands) {
  const RedisCommand first({"SET", "k", "\r\n*1\r\n"});
  const RedisCommand second({"PING"});
  RedisCommand both = first;
  both.add(second);

  ASSERT_EQ(both.parts().size(), 2U);
  EXPECT_EQ(both.parts()[0], first.wire());
  EXPECT_EQ(both.parts()[1], second.wire());
  EXPECT_TRUE(RedisCommand().parts().empty());
}

TEST(RedisCommand, TakesAPartOfAnother) {
  const RedisCommand other({"GET", "k"});
  RedisCommand command({"ASKING"});

  command.add_part(other.parts()[0]);

  EXPECT_EQ(command.size(), 2U);
  EXPECT_EQ(command.parts()[1], other.wire());
}

}  // namespace
}  // namespace refrain
