#include "refrain/redis/client/redis_client.h"

#include "redis/redis_fixture.h"
#include "support/redis_server.h"
#include "support/run.h"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <memory>

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
  EXPECT_EQ(client->shard_of("a"), 0U);
  EXPECT_EQ(client->shard_of("b"), 0U);
  EXPECT_EQ(run(loop, client->execute(RedisCommand({"PING"})))->text(), "PONG");
}

}  // namespace
}  // namespace refrain
