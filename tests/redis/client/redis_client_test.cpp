#include "refrain/redis/client/redis_client.h"

#include "redis/redis_fixture.h"
#include "support/redis_server.h"
#include "support/run.h"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace refrain {
namespace {

using testing::kAmple;
using testing::RedisServer;
using testing::run;
using testing::run_until;

TEST(RedisClient, OfOneServerKeepsEveryKeyInOneShard) {
  const RedisServer server;
  boost::asio::io_context loop(1);
  NullLog log;
  RedisClientOptions options;
  options.connection.endpoint = server.unix_endpoint();
  options.connection.command_budget = kAmple;
  options.connection.connect_budget = kAmple;

  const std::unique_ptr<RedisClient> client =
      std::move(make_redis_client(options, {&loop}, log).value());
  EXPECT_FALSE(client->is_ready("a"));
  client->start();
  run_until(loop, [&] { return client->is_ready(); });

  EXPECT_TRUE(client->is_ready("a"));
  EXPECT_EQ(client->shard_count(), 1U);
  EXPECT_EQ(client->shard_ids(), std::vector<std::size_t>{0});
  EXPECT_EQ(client->shard_of("a"), 0U);
  EXPECT_EQ(client->shard_of("b"), 0U);
  EXPECT_EQ(run(loop, client->execute(RedisCommand({"PING"})))->text(), "PONG");
}

TEST(RedisClient, IsRefusedWithTheNameOfTheOptionThatDoesNotFitItsMode) {
  boost::asio::io_context loop(1);
  NullLog log;
  const auto field_of = [&](const RedisClientOptions& options) {
    const auto made = make_redis_client(options, {&loop}, log);
    return made ? std::string("none") : made.error().field();
  };
  RedisAddress node;
  node.host = "127.0.0.1";
  node.port = 1;

  RedisClientOptions options;
  EXPECT_EQ(field_of(options), "none");
  options.nodes = {node};
  EXPECT_EQ(field_of(options), "nodes");

  options = RedisClientOptions();
  options.mode = RedisMode::kCluster;
  EXPECT_EQ(field_of(options), "none") << "it begins at the endpoint";
  options.connection.endpoint.database = 1;
  EXPECT_EQ(field_of(options), "database");
  options.connection.endpoint.database = 0;
  options.connection.endpoint.unix_path = "/redis.sock";
  EXPECT_EQ(field_of(options), "URL");

  options = RedisClientOptions();
  options.mode = RedisMode::kSentinel;
  EXPECT_EQ(field_of(options), "nodes");
  options.nodes = {node};
  EXPECT_EQ(field_of(options), "master");
  options.master_name = "refrain";
  EXPECT_EQ(field_of(options), "none");
  options.connection.endpoint.unix_path = "/redis.sock";
  EXPECT_EQ(field_of(options), "URL");
}

}  // namespace
}  // namespace refrain
