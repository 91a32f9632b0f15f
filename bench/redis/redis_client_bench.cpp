// A GET of 300 bytes from a redis-server of its own, over a Unix socket: through our client, and as
// the floor beside it through a blocking socket that does nothing but send and receive.

#include "refrain/core/clock.h"
#include "refrain/core/log.h"
#include "refrain/redis/client/standalone_redis_client.h"
#include "refrain/redis/redis_cache.h"

#include "support/redis_server.h"
#include "support/run.h"
#include "support/sample_entry.h"

#include <benchmark/benchmark.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <stdexcept>
#include <string>

namespace refrain {
namespace {

constexpr std::size_t kValueBytes = 300;

testing::RedisServer& server() {
  static testing::RedisServer instance;
  return instance;
}

RedisConnectionOptions options() {
  RedisConnectionOptions options;
  options.endpoint = server().unix_endpoint();
  options.command_budget = std::chrono::seconds(10);
  options.connect_budget = std::chrono::seconds(10);
  return options;
}

void store_value() {
  server().command({"SET", "key", std::string(kValueBytes, 'v')});
}

// Sends `wire` and waits for `reply_bytes` bytes.
void round_trip(int socket, const std::string& wire, std::size_t reply_bytes) {
  static std::array<char, 65'536> reply;
  if (::send(socket, wire.data(), wire.size(), MSG_NOSIGNAL) != static_cast<::ssize_t>(wire.size()))
    throw std::runtime_error("send");
  while (reply_bytes > 0) {
    const ::ssize_t size = ::recv(socket, reply.data(), reply.size(), 0);
    if (size <= 0) throw std::runtime_error("recv");
    reply_bytes -= static_cast<std::size_t>(size);
  }
}

void blocking_socket(benchmark::State& state) {
  store_value();
  const auto callers = static_cast<std::size_t>(state.range(0));
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ::sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = server().unix_endpoint().unix_path;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (::connect(socket, reinterpret_cast<const ::sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("connect");
  RedisCommand commands;
  for (std::size_t i = 0; i < callers; ++i)
    commands.add({"GET", "key"});
  const std::size_t reply_bytes = callers * (std::strlen("$300\r\n") + kValueBytes + 2);

  for (auto _ : state)
    round_trip(socket, commands.wire(), reply_bytes);

  ::close(socket);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

Task<void> get_until(StandaloneRedisClient& client, const bool& is_over, std::int64_t& done) {
  while (!is_over) {
    RedisCommand command({"GET", "key"});
    Result<RespValue> reply = co_await client.execute(std::move(command));
    if (!reply || reply->text().size() != kValueBytes) throw std::runtime_error("GET failed");
    ++done;
  }
}

// As many coroutines as the argument says ask one after another; an iteration is one reply to each
// of them on average.
void client(benchmark::State& state) {
  store_value();
  boost::asio::io_context loop(1);
  NullLog log;
  StandaloneRedisClient client(options(), {&loop}, log);
  client.start();
  while (!client.is_ready())
    loop.run_one();
  bool is_over = false;
  std::int64_t done = 0;
  for (std::int64_t i = 0; i < state.range(0); ++i)
    boost::asio::co_spawn(loop, get_until(client, is_over, done), boost::asio::detached);

  std::int64_t wanted = done;
  for (auto _ : state) {
    wanted += state.range(0);
    while (done < wanted)
      loop.run_one();
  }

  is_over = true;
  client.stop();
  state.SetItemsProcessed(done);
}

Task<void> find_until(RedisCache& cache, const bool& is_over, std::int64_t& done) {
  const CacheKey key = testing::sample_key("a");
  while (!is_over) {
    Result<std::optional<Entry>> found = co_await cache.find(key);
    if (!found || !found->has_value()) throw std::runtime_error("find failed");
    ++done;
  }
}

// The whole tier: key, breaker, client, checksum, entry.
void tier(benchmark::State& state) {
  boost::asio::io_context loop(1);
  NullLog log;
  const SystemClock clock;
  Epoch epoch;
  RedisCache::Options cache_options;
  cache_options.endpoint = server().unix_endpoint();
  cache_options.service = "text";
  cache_options.command_budget = std::chrono::seconds(10);
  const auto cache =
      std::move(RedisCache::create(cache_options, {&loop}, epoch, clock, log).value());
  cache->start();
  while (!cache->is_available())
    loop.run_one();
  const std::string body = "\"" + std::string(kValueBytes - 2, 'v') + "\"";
  testing::run(loop,
               cache->insert(testing::sample_entry(testing::sample_key("a"), clock.now(), body)))
      .value();
  bool is_over = false;
  std::int64_t done = 0;
  for (std::int64_t i = 0; i < state.range(0); ++i)
    boost::asio::co_spawn(loop, find_until(*cache, is_over, done), boost::asio::detached);

  std::int64_t wanted = done;
  for (auto _ : state) {
    wanted += state.range(0);
    while (done < wanted)
      loop.run_one();
  }

  is_over = true;
  cache->stop();
  state.SetItemsProcessed(done);
}

BENCHMARK(blocking_socket)->Arg(1)->Arg(64)->ArgName("pipelined")->UseRealTime();
BENCHMARK(client)->Arg(1)->Arg(64)->ArgName("callers")->UseRealTime();
BENCHMARK(tier)->Arg(1)->Arg(64)->ArgName("callers")->UseRealTime();

}  // namespace
}  // namespace refrain
