#include "refrain/redis/client/redis_url.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace refrain {
namespace {

std::string error_of(std::string_view url) {
  const Result<RedisEndpoint> endpoint = parse_redis_url(url);
  return endpoint ? "no error" : endpoint.error().message();
}

bool mentions(const std::string& message, std::string_view part) {
  return message.find(part) != std::string::npos;
}

TEST(RedisUrl, TakesHostPortUserPasswordAndDatabaseApart) {
  const Result<RedisEndpoint> endpoint =
      parse_redis_url("redis://alice:secret@cache.example:7000/3");

  ASSERT_TRUE(endpoint.has_value());
  EXPECT_EQ(endpoint->host, "cache.example");
  EXPECT_EQ(endpoint->port, 7000);
  EXPECT_EQ(endpoint->user, "alice");
  EXPECT_EQ(endpoint->password, "secret");
  EXPECT_EQ(endpoint->database, 3);
  EXPECT_TRUE(endpoint->unix_path.empty());
}

TEST(RedisUrl, HasTheUsualDefaults) {
  const Result<RedisEndpoint> endpoint = parse_redis_url("redis://somewhere");

  ASSERT_TRUE(endpoint.has_value());
  EXPECT_EQ(endpoint->port, 6379);
  EXPECT_EQ(endpoint->database, 0);
  EXPECT_TRUE(endpoint->user.empty());
  EXPECT_TRUE(endpoint->password.empty());
}

TEST(RedisUrl, TakesAPasswordWithoutAUser) {
  const Result<RedisEndpoint> endpoint = parse_redis_url("redis://:secret@localhost");

  ASSERT_TRUE(endpoint.has_value());
  EXPECT_TRUE(endpoint->user.empty());
  EXPECT_EQ(endpoint->password, "secret");
}

TEST(RedisUrl, DecodesPercentEncodedParts) {
  const Result<RedisEndpoint> endpoint = parse_redis_url("redis://a%3Ab:p%40%2F%25@localhost/");

  ASSERT_TRUE(endpoint.has_value());
  EXPECT_EQ(endpoint->user, "a:b");
  EXPECT_EQ(endpoint->password, "p@/%");
}

TEST(RedisUrl, TakesAnIpv6AddressInBrackets) {
  const Result<RedisEndpoint> endpoint = parse_redis_url("redis://[::1]:6380/1");

  ASSERT_TRUE(endpoint.has_value());
  EXPECT_EQ(endpoint->host, "::1");
  EXPECT_EQ(endpoint->port, 6380);
  EXPECT_EQ(endpoint->describe(), "[::1]:6380/1");
}

TEST(RedisUrl, TakesTheDatabaseFromTheQuery) {
  EXPECT_EQ(parse_redis_url("redis://localhost?db=4")->database, 4);
  EXPECT_EQ(parse_redis_url("redis://localhost/?db=5")->database, 5);
}

TEST(RedisUrl, TakesAUnixSocket) {
  const Result<RedisEndpoint> endpoint =
      parse_redis_url("unix://:secret@/run/my%20redis.sock?db=2");

  ASSERT_TRUE(endpoint.has_value());
  EXPECT_EQ(endpoint->unix_path, "/run/my redis.sock");
  EXPECT_EQ(endpoint->password, "secret");
  EXPECT_EQ(endpoint->database, 2);
}

TEST(RedisUrl, NamesThePartThatIsWrong) {
  EXPECT_TRUE(mentions(error_of("localhost:6379"), "scheme"));
  EXPECT_TRUE(mentions(error_of("http://localhost"), "scheme"));
  EXPECT_TRUE(mentions(error_of("redis://localhost:port"), "port"));
  EXPECT_TRUE(mentions(error_of("redis://localhost:0"), "port"));
  EXPECT_TRUE(mentions(error_of("redis://localhost:65536"), "port"));
  EXPECT_TRUE(mentions(error_of("redis://localhost:"), "port"));
  EXPECT_TRUE(mentions(error_of("redis://:6379"), "host"));
  EXPECT_TRUE(mentions(error_of("redis://[::1"), "host"));
  EXPECT_TRUE(mentions(error_of("redis://[::1]6379"), "host"));
  EXPECT_TRUE(mentions(error_of("redis://localhost/first"), "database"));
  EXPECT_TRUE(mentions(error_of("redis://localhost/-1"), "database"));
  EXPECT_TRUE(mentions(error_of("redis://localhost?timeout=3"), "query"));
  EXPECT_TRUE(mentions(error_of("redis://alice@localhost"), "user"));
  EXPECT_TRUE(mentions(error_of("redis://alice:@localhost"), "password"));
  EXPECT_TRUE(mentions(error_of("redis://alice:%zz@localhost"), "password"));
  EXPECT_TRUE(mentions(error_of("redis://alice:%4@localhost"), "password"));
  EXPECT_TRUE(mentions(error_of("redis://%00:secret@localhost"), "user"));
  EXPECT_TRUE(mentions(error_of("unix://host/run/redis.sock"), "host"));
  EXPECT_TRUE(mentions(error_of("unix://"), "path"));
  EXPECT_TRUE(mentions(error_of("unix:///" + std::string(200, 'x')), "path"));
}

TEST(RedisUrl, KnowsTls) {
  const Result<RedisEndpoint> endpoint =
      parse_redis_url("rediss://alice:secret@cache.example:6380/2");

  ASSERT_TRUE(endpoint.has_value());
  EXPECT_TRUE(endpoint->is_tls);
  EXPECT_EQ(endpoint->host, "cache.example");
  EXPECT_EQ(endpoint->port, 6380);
  EXPECT_EQ(endpoint->user, "alice");
  EXPECT_EQ(endpoint->database, 2);
  EXPECT_EQ(endpoint->describe(), "cache.example:6380/2 (TLS)");
  EXPECT_FALSE(parse_redis_url("redis://localhost")->is_tls);
  EXPECT_FALSE(parse_redis_url("unix:///run/redis.sock")->is_tls);
}

TEST(RedisUrl, NeverTellsThePassword) {
  const Result<RedisEndpoint> endpoint = parse_redis_url("redis://alice:secret@localhost/1");

  ASSERT_TRUE(endpoint.has_value());
  EXPECT_FALSE(mentions(endpoint->describe(), "secret"));
  EXPECT_EQ(endpoint->describe(), "localhost:6379/1");
  EXPECT_FALSE(mentions(error_of("redis://alice:secret@localhost:bad"), "secret"));
  EXPECT_FALSE(mentions(error_of("redis://alice:secret%zz@localhost"), "secret"));
}

TEST(RedisUrl, TakesHostAndPortApart) {
  const Result<RedisEndpoint> endpoint = redis_endpoint("cache", 7001);

  ASSERT_TRUE(endpoint.has_value());
  EXPECT_EQ(endpoint->describe(), "cache:7001/0");
  EXPECT_EQ(parse_redis_url("redis://cache:x").error().field(), "URL");
  EXPECT_EQ(redis_endpoint("", 6379).error().field(), "host");
  EXPECT_EQ(redis_endpoint("cache", 0).error().field(), "port");
  EXPECT_EQ(redis_endpoint("cache", 70'000).error().field(), "port");
}

}  // namespace
}  // namespace refrain
