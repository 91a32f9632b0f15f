#include "refrain/redis/client/redirected_command.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace refrain {
namespace {

RespValue error(const std::string& text) {
  return RespValue::text_of(RespType::kError, text);
}

RespValue ok() {
  return RespValue::text_of(RespType::kSimpleString, "OK");
}

RedisCommand two() {
  RedisCommand command({"INCRBY", "k", "1"});
  command.add({"PEXPIRE", "k", "5"});
  return command;
}

TEST(RedirectedCommand, KnowsWhatSendsElsewhere) {
  EXPECT_TRUE(RedirectedCommand::is_redirected(error("MOVED 1 h:1"), 1));
  EXPECT_TRUE(RedirectedCommand::is_redirected(error("CLUSTERDOWN"), 1));
  EXPECT_FALSE(RedirectedCommand::is_redirected(error("ERR no"), 1));
  EXPECT_FALSE(RedirectedCommand::is_redirected(ok(), 1));
  EXPECT_FALSE(RedirectedCommand::is_redirected(RespValue::array_of({error("MOVED 1 h:1")}), 1))
      << "an array that one command has for its reply";
  EXPECT_TRUE(RedirectedCommand::is_redirected(RespValue::array_of({ok(), error("ASK 1 h:1")}), 2));
  EXPECT_FALSE(RedirectedCommand::is_redirected(RespValue::array_of({ok(), ok()}), 2));
}

TEST(RedirectedCommand, SendsACommandToWhereItsSlotIs) {
  const RedisCommand command({"GET", "k"});
  RedirectedCommand redirected(command, error("MOVED 7 h:1"), "asked");

  ASSERT_TRUE(redirected.redirection().has_value());
  EXPECT_EQ(redirected.redirection()->address.port, 1);
  EXPECT_EQ(redirected.next_command().wire(), command.wire());
  redirected.take(ok(), "h");

  EXPECT_FALSE(redirected.redirection().has_value());
  EXPECT_EQ(redirected.reply(), ok());
}

TEST(RedirectedCommand, SaysAskingBeforeItAsksElsewhere) {
  const RedisCommand command({"GET", "k"});
  RedirectedCommand redirected(command, error("ASK 7 h:1"), "asked");
  RedisCommand expected({"ASKING"});
  expected.add(command);

  EXPECT_EQ(redirected.next_command().wire(), expected.wire());
  EXPECT_EQ(redirected.next_command().size(), 2U);
  redirected.take(RespValue::array_of({ok(), RespValue::integer_of(5)}), "h");

  EXPECT_FALSE(redirected.redirection().has_value());
  EXPECT_EQ(redirected.reply(), RespValue::integer_of(5));
}

TEST(RedirectedCommand, IsSentOnAgainAndAgain) {
  const RedisCommand command({"GET", "k"});
  RedirectedCommand redirected(command, error("MOVED 7 h:1"), "asked");

  redirected.take(error("ASK 7 i:2"), "h");
  EXPECT_EQ(redirected.redirection()->kind, ClusterRedirection::Kind::kAsk);
  redirected.take(RespValue::array_of({ok(), error("MOVED 7 :3")}), "i");

  EXPECT_EQ(redirected.redirection()->address.describe(), "i:3");
}

TEST(RedirectedCommand, SendsOfSeveralOnlyThoseThatWereNotExecuted) {
  const RedisCommand command = two();
  RespValue reply = RespValue::array_of({RespValue::integer_of(8), error("MOVED 7 h:1")});
  RedirectedCommand redirected(command, std::move(reply), "asked");

  EXPECT_EQ(redirected.next_command().wire(), RedisCommand({"PEXPIRE", "k", "5"}).wire());
  redirected.take(RespValue::integer_of(1), "h");

  EXPECT_FALSE(redirected.redirection().has_value());
  EXPECT_EQ(redirected.reply(),
            RespValue::array_of({RespValue::integer_of(8), RespValue::integer_of(1)}));
}

TEST(RedirectedCommand, SaysAskingBeforeEachOfSeveral) {
  const RedisCommand command = two();
  RespValue reply = RespValue::array_of({error("ASK 7 h:1"), error("ASK 7 h:1")});
  RedirectedCommand redirected(command, std::move(reply), "asked");
  RedisCommand expected({"ASKING"});
  expected.add({"INCRBY", "k", "1"});
  expected.add({"ASKING"});
  expected.add({"PEXPIRE", "k", "5"});

  EXPECT_EQ(redirected.next_command().wire(), expected.wire());
  redirected.take(
      RespValue::array_of({ok(), RespValue::integer_of(8), ok(), RespValue::integer_of(1)}), "h");

  EXPECT_EQ(redirected.reply(),
            RespValue::array_of({RespValue::integer_of(8), RespValue::integer_of(1)}));
}

TEST(RedirectedCommand, KeepsAnErrorThatSendsNowhere) {
  const RedisCommand command = two();
  RespValue reply = RespValue::array_of({error("MOVED 7 h:1"), error("MOVED 7 h:1")});
  RedirectedCommand redirected(command, std::move(reply), "asked");

  redirected.take(RespValue::array_of({error("OOM full"), RespValue::integer_of(0)}), "h");

  EXPECT_FALSE(redirected.redirection().has_value());
  EXPECT_EQ(redirected.reply(), RespValue::array_of({error("OOM full"), RespValue::integer_of(0)}));
}

}  // namespace
}  // namespace refrain
