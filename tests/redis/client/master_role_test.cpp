#include "refrain/redis/client/master_role.h"

#include "refrain/redis/client/redis_command.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace refrain {
namespace {

RespValue text(std::string text) {
  return RespValue::text_of(RespType::kBulkString, std::move(text));
}

RespValue role(std::string name) {
  return RespValue::array_of({text(std::move(name)), RespValue::integer_of(0)});
}

RespValue error(std::string text) {
  return RespValue::text_of(RespType::kError, std::move(text));
}

TEST(MasterRole, OnlyAMasterIsOne) {
  EXPECT_TRUE(check_master_role(role("master")).has_value());

  EXPECT_NE(check_master_role(role("slave")).error().message().find("not the master"),
            std::string::npos);
  EXPECT_FALSE(check_master_role(RespValue()).has_value());
  EXPECT_NE(check_master_role(error("NOPERM no")).error().message().find("NOPERM"),
            std::string::npos);
}

TEST(MasterRole, IsAskedBeforeTheGreetingWhichIsJudgedAsBefore) {
  std::optional<RespValue> greeted;
  RedisConnectionOptions options;
  options.greeting = RedisCommand({"GET", "a"});
  options.on_greeted = [&](const RespValue& reply) -> Result<void> {
    greeted = reply;
    return fail(ErrorCode::kCorrupt, "not liked");
  };

  expect_master(options);

  EXPECT_EQ(options.greeting.size(), 2U);
  EXPECT_EQ(options.greeting.name(), "ROLE");
  EXPECT_FALSE(options.on_greeted(RespValue::array_of({role("slave"), text("1")})).has_value());
  EXPECT_FALSE(greeted.has_value()) << "a replica's word counts for nothing";
  const auto judged = options.on_greeted(RespValue::array_of({role("master"), text("1")}));
  EXPECT_EQ(judged.error().code(), ErrorCode::kCorrupt);
  EXPECT_EQ(greeted->text(), "1");
}

TEST(MasterRole, AGreetingOfSeveralCommandsStaysOne) {
  std::optional<RespValue> greeted;
  RedisConnectionOptions options;
  options.greeting = RedisCommand({"GET", "a"});
  options.greeting.add({"GET", "b"});
  options.on_greeted = [&](const RespValue& reply) -> Result<void> {
    greeted = reply;
    return {};
  };

  expect_master(options);
  const auto judged =
      options.on_greeted(RespValue::array_of({role("master"), text("1"), text("2")}));

  EXPECT_TRUE(judged.has_value());
  ASSERT_EQ(greeted->elements().size(), 2U);
  EXPECT_EQ(greeted->elements()[1].text(), "2");
}

TEST(MasterRole, IsAskedWithoutAGreetingToo) {
  RedisConnectionOptions options;

  expect_master(options);

  EXPECT_TRUE(options.on_greeted(role("master")).has_value());
  EXPECT_FALSE(options.on_greeted(role("slave")).has_value());
}

}  // namespace
}  // namespace refrain
