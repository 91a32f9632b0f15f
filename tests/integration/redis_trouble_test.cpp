#include "support/redis_server.h"
#include "support/service_process.h"
#include "support/temp_dir.h"
#include "support/wait_until.h"

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace refrain {
namespace {

using ::testing::HasSubstr;
using testing::HttpReply;
using testing::RedisServer;
using testing::ServiceProcess;
using testing::TempDir;

/// One event loop: each has a Redis connection of its own, and "available" would speak of one of
/// them.
std::vector<std::string> text_with(const RedisEndpoint& endpoint,
                                   std::vector<std::string> more = {}) {
  std::vector<std::string> arguments = {"text",
                                        "--redis-url",
                                        "unix://" + endpoint.unix_path,
                                        "--cleanup-interval",
                                        "50",
                                        "--threads",
                                        "1"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

std::string target_of(std::string_view text) {
  return "/v1/predictions?text=" + std::string(text) + "+";
}

bool is_available(const ServiceProcess& service) {
  return testing::tier_status(service.text_port(), "redis").at("available").as_bool();
}

void wait_for_redis(const ServiceProcess& service) {
  testing::wait_until("Redis is used", [&] { return is_available(service); });
}

/// Asks for some texts twice: whatever Redis does, every request is answered, and the second time
/// from a cache.
void expect_answers(const ServiceProcess& service, const std::string& label) {
  for (int i = 0; i < 10; ++i) {
    const std::string target = target_of(label + std::to_string(i));
    const HttpReply first = testing::get(service.text_port(), target);
    const HttpReply second = testing::get(service.text_port(), target);
    ASSERT_EQ(first.status, 200) << first.body;
    ASSERT_EQ(second.status, 200) << second.body;
    EXPECT_EQ(second.body, first.body);
    EXPECT_THAT(std::string(second.header("Cache-Status")), HasSubstr("hit"));
  }
}

TEST(RedisTrouble, AServiceThatStartedWithoutRedisFindsItLater) {
  RedisServer redis;
  redis.stop();
  const TempDir folder;
  const ServiceProcess service(text_with(redis.unix_endpoint()), folder.path().string());
  expect_answers(service, "absent");
  EXPECT_FALSE(is_available(service));
  EXPECT_THAT(testing::get(service.text_port(), "/readyz").body, HasSubstr("degraded"));

  redis.start();
  wait_for_redis(service);

  const HttpReply made = testing::get(service.text_port(), target_of("found"));
  EXPECT_EQ(made.header("Cache-Status"), "refrain; fwd=miss; stored");
  EXPECT_THAT(
      std::string(testing::get(service.text_port(), target_of("found")).header("Cache-Status")),
      HasSubstr("detail=redis"));
}

TEST(RedisTrouble, AKilledRedisIsReplacedByMemoryAndUsedAgainWhenItIsBack) {
  RedisServer redis;
  const TempDir folder;
  const ServiceProcess service(text_with(redis.unix_endpoint()), folder.path().string());
  wait_for_redis(service);
  expect_answers(service, "before");

  redis.kill();
  expect_answers(service, "killed");
  EXPECT_THAT(
      std::string(testing::get(service.text_port(), target_of("before0")).header("Cache-Status")),
      HasSubstr("detail=memory"));

  redis.start();
  wait_for_redis(service);
  expect_answers(service, "after");
  EXPECT_EQ(testing::cache_status(service.text_port()).at("requests").at("error").as_int64(), 0);
}

TEST(RedisTrouble, AFrozenRedisOpensTheBreakerAndHoldsNobodyUp) {
  RedisServer redis;
  const TempDir folder;
  const ServiceProcess service(text_with(redis.unix_endpoint()), folder.path().string());
  wait_for_redis(service);
  expect_answers(service, "warm");

  redis.freeze();
  expect_answers(service, "frozen");
  EXPECT_FALSE(is_available(service));
  EXPECT_GT(testing::tier_status(service.text_port(), "redis").at("errors").as_int64(), 0);

  redis.thaw();
  testing::wait_until("Redis answers requests again", [&] {
    static_cast<void>(testing::get(service.text_port(), target_of("thawed")));
    return is_available(service) &&
           testing::tier_status(service.text_port(), "redis").at("state").as_string() == "closed";
  });
  EXPECT_EQ(testing::cache_status(service.text_port()).at("requests").at("error").as_int64(), 0);
}

TEST(RedisTrouble, AWrongPasswordIsSaidAndChangesNoAnswer) {
  const RedisServer redis({"--requirepass", "right"});
  const TempDir folder;
  const ServiceProcess service(
      {"text", "--redis-url", "unix://:wrong@" + redis.unix_endpoint().unix_path},
      folder.path().string());

  expect_answers(service, "password");

  EXPECT_FALSE(is_available(service));
  testing::wait_until("the log says so",
                      [&] { return service.errors().find("WRONGPASS") != std::string::npos; });
  EXPECT_EQ(service.errors().find(":wrong@"), std::string::npos);
}

TEST(RedisTrouble, APasswordThatIsChangedUnderARunningServiceIsSaidToo) {
  RedisServer redis({"--requirepass", "right"});
  redis.set_password("right");
  const TempDir folder;
  const ServiceProcess service(
      {"text", "--redis-url", "unix://:right@" + redis.unix_endpoint().unix_path},
      folder.path().string());
  wait_for_redis(service);

  static_cast<void>(redis.command({"CONFIG", "SET", "requirepass", "changed"}));
  redis.set_password("changed");
  static_cast<void>(redis.command({"CLIENT", "KILL", "TYPE", "normal"}));

  testing::wait_until("the log says so",
                      [&] { return service.errors().find("WRONGPASS") != std::string::npos; });
  expect_answers(service, "changed");
}

TEST(RedisTrouble, AFullRedisIsReadAndNotWritten) {
  RedisServer redis;
  const TempDir folder;
  const ServiceProcess service(text_with(redis.unix_endpoint()), folder.path().string());
  wait_for_redis(service);
  expect_answers(service, "room");
  static_cast<void>(redis.command({"CONFIG", "SET", "maxmemory", "1"}));

  expect_answers(service, "full");

  EXPECT_GT(testing::tier_status(service.text_port(), "redis").at("errors").as_int64(), 0);
  EXPECT_THAT(
      std::string(testing::get(service.text_port(), target_of("room0")).header("Cache-Status")),
      HasSubstr("detail=redis"));
}

TEST(RedisTrouble, AReadOnlyRedisIsReadAndNotWritten) {
  RedisServer redis({"--replica-serve-stale-data", "yes"});
  const TempDir folder;
  const ServiceProcess service(text_with(redis.unix_endpoint()), folder.path().string());
  wait_for_redis(service);
  expect_answers(service, "writable");
  static_cast<void>(redis.command({"REPLICAOF", "127.0.0.1", "1"}));

  expect_answers(service, "readonly");

  EXPECT_GT(testing::tier_status(service.text_port(), "redis").at("errors").as_int64(), 0);
  EXPECT_THAT(
      std::string(testing::get(service.text_port(), target_of("writable0")).header("Cache-Status")),
      HasSubstr("detail=redis"));
}

TEST(RedisTrouble, GarbageFromTheOtherSideIsNoAnswer) {
  const testing::FakeRedisServer garbage({"HTTP/1.1 200 OK\r\n\r\nhello", "\x01\x02\x03"});
  const TempDir folder;
  const ServiceProcess service(text_with(garbage.endpoint()), folder.path().string());

  expect_answers(service, "garbage");
}

TEST(RedisTrouble, AForeignValueUnderOurKeyIsAMissAndIsReplaced) {
  RedisServer redis;
  const TempDir folder;
  const ServiceProcess with_redis(text_with(redis.unix_endpoint(), {"--text-memory-items", "0"}),
                                  folder.path().string());
  wait_for_redis(with_redis);
  const HttpReply made = testing::get(with_redis.text_port(), target_of("foreign"));
  const RespValue keys = redis.command({"KEYS", "refrain:1:text:*:*"});
  ASSERT_EQ(keys.elements().size(), 1U);
  static_cast<void>(redis.command({"SET", keys.elements()[0].text(), R"({"words":["poisoned"]})"}));

  const HttpReply again = testing::get(with_redis.text_port(), target_of("foreign"));

  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.body, made.body);
  EXPECT_THAT(
      std::string(
          testing::get(with_redis.text_port(), target_of("foreign")).header("Cache-Status")),
      HasSubstr("detail=redis"));
}

TEST(RedisTrouble, InstancesShareAnswersAndForgetThemTogether) {
  RedisServer redis;
  const TempDir folder;
  const ServiceProcess one(text_with(redis.unix_endpoint(), {"--redis-ttl", "100"}),
                           folder.path().string());
  const ServiceProcess two(text_with(redis.unix_endpoint(), {"--redis-ttl", "100"}),
                           folder.path().string());
  wait_for_redis(one);
  wait_for_redis(two);

  const HttpReply made = testing::get(one.text_port(), target_of("shared"));
  const HttpReply seen = testing::get(two.text_port(), target_of("shared"));
  EXPECT_EQ(seen.body, made.body);
  EXPECT_THAT(std::string(seen.header("Cache-Status")), HasSubstr("detail=redis"));

  const RespValue keys = redis.command({"KEYS", "refrain:1:text:*:*"});
  ASSERT_EQ(keys.elements().size(), 1U);
  const RespValue value = redis.command({"GET", keys.elements()[0].text()});
  EXPECT_EQ(boost::json::parse(value.text()).at("body"), boost::json::parse(made.body));
  const RespValue life = redis.command({"PTTL", keys.elements()[0].text()});
  EXPECT_GT(life.integer(), 0);
  EXPECT_LE(life.integer(), 100'000);

  EXPECT_EQ(testing::send_delete(one.text_port(), "/v1/cache").status, 200);
  testing::wait_until("the other instance has forgotten", [&] {
    const HttpReply reply =
        testing::get(two.text_port(), target_of("shared"), "Cache-Control: only-if-cached\r\n");
    return reply.status == 504;
  });
}

TEST(RedisTrouble, WhatRedisAnsweredIsInMemoryWhenItGoes) {
  RedisServer redis;
  const TempDir folder;
  {
    const ServiceProcess before(text_with(redis.unix_endpoint()), folder.path().string());
    wait_for_redis(before);
    for (int i = 0; i < 10; ++i)
      testing::get(before.text_port(), target_of("hot" + std::to_string(i)));
  }
  const ServiceProcess service(text_with(redis.unix_endpoint()), folder.path().string());
  wait_for_redis(service);
  for (int i = 0; i < 10; ++i) {
    const HttpReply reply = testing::get(service.text_port(), target_of("hot" + std::to_string(i)));
    ASSERT_THAT(std::string(reply.header("Cache-Status")), HasSubstr("detail=redis"));
  }

  redis.kill();

  for (int i = 0; i < 10; ++i) {
    const HttpReply reply = testing::get(service.text_port(), target_of("hot" + std::to_string(i)));
    EXPECT_THAT(std::string(reply.header("Cache-Status")), HasSubstr("detail=memory"));
  }
}

TEST(RedisTrouble, ADeletedAnswerIsForgottenByTheMemoryOfOthersToo) {
  const RedisServer redis;
  const TempDir folder;
  const ServiceProcess one(text_with(redis.unix_endpoint()), folder.path().string());
  const ServiceProcess two(text_with(redis.unix_endpoint()), folder.path().string());
  wait_for_redis(one);
  wait_for_redis(two);
  testing::get(one.text_port(), target_of("wrong"));
  ASSERT_THAT(std::string(testing::get(two.text_port(), target_of("wrong")).header("Cache-Status")),
              HasSubstr("hit"));
  const std::string name = redis.command({"KEYS", "refrain:1:text:*:*"}).elements().at(0).text();
  const std::string digest = name.substr(name.rfind(':') + 1);

  const HttpReply deleted = testing::send_delete(one.text_port(), "/v1/cache/" + digest);

  EXPECT_EQ(deleted.body, R"({"deleted":true,"status":"success"})");
  for (const ServiceProcess* service : {&two, &one}) {
    const HttpReply reply = testing::get(service->text_port(), target_of("wrong"));
    EXPECT_EQ(std::string(reply.header("Cache-Status")).find("hit") != std::string::npos,
              service == &one)
        << "the second is generated anew, and the first has that from Redis";
  }
}

TEST(RedisTrouble, ADeletionDuringAnOutageIsPending) {
  RedisServer redis;
  const TempDir folder;
  const ServiceProcess service(text_with(redis.unix_endpoint()), folder.path().string());
  wait_for_redis(service);
  testing::get(service.text_port(), target_of("wrong"));
  const std::string name = redis.command({"KEYS", "refrain:1:text:*:*"}).elements().at(0).text();
  const std::string target = "/v1/cache/" + name.substr(name.rfind(':') + 1);
  redis.freeze();

  for (int i = 0; i < 2; ++i) {
    const HttpReply deleted = testing::send_delete(service.text_port(), target);
    EXPECT_EQ(deleted.status, 200) << deleted.body;
    EXPECT_THAT(deleted.body, HasSubstr("pending"));
  }

  redis.thaw();
  testing::wait_until("it was made up for", [&] {
    return testing::tier_status(service.text_port(), "redis")
               .at("recovery")
               .at("erasures_waiting")
               .as_int64() == 0;
  });
  EXPECT_THAT(redis.command({"GET", name}).text(), HasSubstr("\"body\":null"));
}

}  // namespace
}  // namespace refrain
