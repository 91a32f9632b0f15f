#include "refrain/redis/client/standalone_redis_client.h"

#include "redis/client/recording_source_listener.h"
#include "redis/redis_fixture.h"
#include "support/redis_server.h"
#include "support/run.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <future>
#include <string>
#include <thread>
#include <vector>

namespace refrain {
namespace {

using testing::RedisServer;
using testing::run;
using testing::run_until;

RedisConnectionOptions options_for(const RedisServer& server) {
  return testing::connection_options(server.unix_endpoint());
}

std::string connections_of(const RedisServer& server) {
  const std::string info = server.command({"INFO", "stats"}).text();
  const std::size_t begin = info.find("total_connections_received:");
  return info.substr(begin, info.find('\r', begin) - begin);
}

TEST(StandaloneRedisClient, PipelinesAThousandConcurrentGetsOverOneConnection) {
  constexpr int kCallers = 1000;
  const RedisServer server;
  boost::asio::io_context loop(1);
  NullLog log;
  StandaloneRedisClient client(options_for(server), {&loop}, log);
  client.start();
  run_until(loop, [&] { return client.is_ready(); });
  const std::string before = connections_of(server);
  int right = 0;
  int done = 0;

  for (int i = 0; i < kCallers; ++i) {
    const std::string value = "value " + std::to_string(i);
    auto on_done = [&, value](const std::exception_ptr& /*failure*/, Result<RespValue> reply) {
      ++done;
      if (reply && reply->elements()[1].text() == value) ++right;
    };
    const std::string key = std::to_string(i);
    RedisCommand command({"SET", key, value});
    command.add({"GET", key});
    boost::asio::co_spawn(loop, client.execute(std::move(command)), on_done);
  }
  run_until(loop, [&] { return done == kCallers; });

  EXPECT_EQ(right, kCallers);
  // The two questions for the number are the only further connections.
  const std::string name = "total_connections_received:";
  EXPECT_EQ(std::stoi(connections_of(server).substr(name.size())),
            std::stoi(before.substr(name.size())) + 1);
}

TEST(StandaloneRedisClient, UsesTheConnectionOfTheLoopItsCallerRunsOn) {
  constexpr int kLoops = 3;
  const RedisServer server;
  std::vector<std::unique_ptr<boost::asio::io_context>> loops;
  std::vector<boost::asio::io_context*> pointers;
  for (int i = 0; i < kLoops; ++i) {
    loops.push_back(std::make_unique<boost::asio::io_context>(1));
    pointers.push_back(loops.back().get());
  }
  NullLog log;
  StandaloneRedisClient client(options_for(server), pointers, log);
  client.start();

  std::vector<std::thread> threads;
  std::vector<std::string> ids(kLoops);
  for (int i = 0; i < kLoops; ++i) {
    threads.emplace_back([&, i] {
      boost::asio::io_context& loop = *loops[static_cast<std::size_t>(i)];
      Result<RespValue> first = run(loop, client.execute(RedisCommand({"CLIENT", "ID"})));
      while (!first)
        first = run(loop, client.execute(RedisCommand({"CLIENT", "ID"})));
      for (int n = 0; n < 200; ++n) {
        const Result<RespValue> again = run(loop, client.execute(RedisCommand({"CLIENT", "ID"})));
        EXPECT_EQ(again->integer(), first->integer());
        EXPECT_GE(client.latency().p99_ms, 0);
      }
      ids[static_cast<std::size_t>(i)] = std::to_string(first->integer());
    });
  }
  for (std::thread& thread : threads)
    thread.join();

  EXPECT_TRUE(client.is_ready());
  EXPECT_NE(ids[0], ids[1]);
  EXPECT_NE(ids[1], ids[2]);
  EXPECT_NE(ids[0], ids[2]);
}

TEST(StandaloneRedisClient, RefusesACallerOnALoopThatIsNotItsOwn) {
  const RedisServer server;
  boost::asio::io_context loop(1);
  boost::asio::io_context other(1);
  NullLog log;
  StandaloneRedisClient client(options_for(server), {&loop}, log);

  EXPECT_EQ(run(other, client.execute(RedisCommand({"PING"}))).error().code(),
            ErrorCode::kInternal);
}

TEST(StandaloneRedisClient, MeasuresHowLongCommandsTake) {
  const RedisServer server;
  boost::asio::io_context loop(1);
  NullLog log;
  StandaloneRedisClient client(options_for(server), {&loop}, log);
  client.start();
  run_until(loop, [&] { return client.is_ready(); });
  EXPECT_EQ(client.latency().p99_ms, 0);

  for (int i = 0; i < 10; ++i)
    run(loop, client.execute(RedisCommand({"PING"}))).value();

  EXPECT_GT(client.latency().p50_ms, 0);
  EXPECT_GE(client.latency().p99_ms, client.latency().p50_ms);
}

TEST(StandaloneRedisClient, ItsServerIsTheOnlySource) {
  const RedisServer server;
  boost::asio::io_context loop(1);
  NullLog log;
  StandaloneRedisClient client(options_for(server), {&loop}, log);
  testing::RecordingSourceListener listener;

  client.watch_sources(&listener);
  client.watch_sources(nullptr);

  EXPECT_EQ(listener.changes, 1);
  ASSERT_EQ(listener.sources.size(), 1U);
  EXPECT_EQ(listener.sources.front().kind, RedisSource::Kind::kOnly);
  EXPECT_FALSE(listener.sources.front().address.has_value());
  EXPECT_TRUE(listener.sources.front().keeps_greeting);
}

TEST(StandaloneRedisClient, MayBeDestroyedWhileItsLoopHasWorkOfItsOwn) {
  const RedisServer server;
  boost::asio::io_context loop(1);
  NullLog log;
  {
    StandaloneRedisClient client(options_for(server), {&loop}, log);
    client.start();
    run_until(loop, [&] { return client.is_ready(); });
  }

  loop.restart();
  loop.run();

  SUCCEED() << "the loop ran out of work";
}

}  // namespace
}  // namespace refrain
