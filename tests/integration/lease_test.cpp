#include "support/redis_server.h"
#include "support/service_process.h"
#include "support/temp_dir.h"
#include "support/wait_until.h"

#include <boost/json/object.hpp>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdint>
#include <exception>
#include <future>
#include <string>
#include <string_view>
#include <vector>

namespace refrain {
namespace {

using testing::HttpReply;
using testing::RedisServer;
using testing::ServiceProcess;
using testing::TempDir;

constexpr std::string_view kTarget = "/v1/stickers?prompt=a+happy+cat&size=128";

/// Stickers that take `seconds` each, with nothing but memory and the shared Redis.
std::vector<std::string> stickers_with(const RedisServer& redis, const std::string& seconds) {
  return {"sticker",
          "--redis-url",
          "unix://" + redis.unix_endpoint().unix_path,
          "--sticker-redis",
          "--no-disk",
          "--mock-delay",
          seconds,
          "--threads",
          "1",
          // A loaded machine with a sanitizer is slow, and that is no reason to go alone.
          "--redis-budget",
          "2000",
          "--redis-soft-budget",
          "2000"};
}

std::int64_t number(const ServiceProcess& service, const char* group, const char* name) {
  return testing::cache_status(service.sticker_port()).at(group).at(name).as_int64();
}

void wait_for_redis(const ServiceProcess& service) {
  testing::wait_until("Redis is used", [&] {
    return testing::tier_status(service.sticker_port(), "redis").at("available").as_bool();
  });
}

std::future<HttpReply> ask(const ServiceProcess& service) {
  return std::async(std::launch::async, [port = service.sticker_port()] {
    try {
      return testing::get(port, kTarget);
    } catch (const std::exception&) {
      return HttpReply();  // its server was killed
    }
  });
}

void wait_until_generating(const ServiceProcess& service) {
  testing::wait_until("the first instance generates",
                      [&] { return number(service, "generation", "running") == 1; });
}

TEST(Lease, TwoInstancesGenerateOnce) {
  const RedisServer redis;
  const TempDir folder;
  const ServiceProcess first(stickers_with(redis, "2"), folder.path().string());
  const ServiceProcess second(stickers_with(redis, "2"), folder.path().string());
  wait_for_redis(first);
  wait_for_redis(second);
  std::future<HttpReply> from_first = ask(first);
  wait_until_generating(first);

  const HttpReply from_second = testing::get(second.sticker_port(), kTarget);

  const HttpReply made = from_first.get();
  ASSERT_EQ(made.status, 200);
  ASSERT_EQ(from_second.status, 200);
  EXPECT_EQ(from_second.body, made.body);
  EXPECT_EQ(number(first, "generation", "count"), 1);
  EXPECT_EQ(number(second, "generation", "count"), 0);
  EXPECT_EQ(number(first, "lease", "taken"), 1);
  EXPECT_EQ(number(second, "lease", "waits"), 1);
  EXPECT_EQ(number(second, "lease", "answered"), 1);
  EXPECT_EQ(number(second, "lease", "timeouts"), 0);
}

TEST(Lease, WhoIsKilledIsReplacedOnceItsLeaseHasEnded) {
  const RedisServer redis;
  const TempDir folder;
  ServiceProcess first(stickers_with(redis, "3"), folder.path().string());
  const ServiceProcess second(stickers_with(redis, "3"), folder.path().string());
  wait_for_redis(first);
  wait_for_redis(second);
  std::future<HttpReply> from_first = ask(first);
  wait_until_generating(first);

  first.signal(SIGKILL);
  const HttpReply from_second = testing::get(second.sticker_port(), kTarget);

  EXPECT_EQ(from_first.get().status, 0);
  EXPECT_EQ(from_second.status, 200);
  EXPECT_EQ(number(second, "generation", "count"), 1);
  EXPECT_EQ(number(second, "lease", "waits"), 1);
  EXPECT_EQ(number(second, "lease", "taken"), 1);
  EXPECT_EQ(number(second, "lease", "timeouts"), 0);  // it did not take as long as the cap
}

TEST(Lease, NobodyWaitsForARedisThatDies) {
  RedisServer redis;
  const TempDir folder;
  const ServiceProcess first(stickers_with(redis, "3"), folder.path().string());
  const ServiceProcess second(stickers_with(redis, "3"), folder.path().string());
  wait_for_redis(first);
  wait_for_redis(second);
  std::future<HttpReply> from_first = ask(first);
  wait_until_generating(first);
  std::future<HttpReply> from_second = ask(second);
  testing::wait_until("the second instance has looked", [&] {
    return testing::tier_status(second.sticker_port(), "redis").at("misses").as_int64() > 0;
  });

  redis.kill();

  // The first one still works when the second has begun.
  testing::wait_until("the second instance generates, too", [&] {
    return number(second, "generation", "running") == 1 &&
           number(first, "generation", "running") == 1;
  });
  EXPECT_EQ(from_first.get().status, 200);
  EXPECT_EQ(from_second.get().status, 200);
  EXPECT_EQ(number(second, "lease", "unavailable"), 1);
}

TEST(Lease, IsNotThereIfItIsSwitchedOff) {
  const RedisServer redis;
  const TempDir folder;
  std::vector<std::string> arguments = stickers_with(redis, "0");
  arguments.insert(arguments.end(), {"--redis-lease-after", "0"});
  const ServiceProcess service(arguments, folder.path().string());
  wait_for_redis(service);

  EXPECT_EQ(testing::get(service.sticker_port(), kTarget).status, 200);

  EXPECT_FALSE(testing::cache_status(service.sticker_port()).contains("lease"));
}

}  // namespace
}  // namespace refrain
