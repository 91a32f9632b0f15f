#include "refrain/redis/client/standalone_redis_client.h"

#include "refrain/redis/client/latency_window.h"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>

namespace refrain {

StandaloneRedisClient::StandaloneRedisClient(const RedisConnectionOptions& options,
                                             const std::vector<boost::asio::io_context*>& loops,
                                             Log& log)
    : address_(options.endpoint.describe()) {
  RedisConnectionOptions own = options;
  for (boost::asio::io_context* loop : loops) {
    connections_.push_back(std::make_shared<RedisConnection>(own, *loop, log));
    ++own.seed;  // so that the loops do not retry in step either
  }
}

StandaloneRedisClient::~StandaloneRedisClient() {
  StandaloneRedisClient::stop();
}

void StandaloneRedisClient::start() {
  for (const auto& connection : connections_)
    connection->start();
}

void StandaloneRedisClient::stop() {
  is_stopped_.store(true, std::memory_order_release);
  for (const auto& connection : connections_)
    connection->stop();
}

Task<Result<RespValue>> StandaloneRedisClient::execute(RedisCommand command) {
  const Executor executor = co_await boost::asio::this_coro::executor;
  for (const auto& connection : connections_) {
    if (&connection->loop() == &executor.context())
      co_return co_await connection->execute(std::move(command));
  }
  co_return fail(ErrorCode::kInternal, "this event loop has no Redis connection");
}

bool StandaloneRedisClient::is_ready() const {
  // The connections end when their loops come to it.
  if (is_stopped_.load(std::memory_order_acquire)) return false;
  bool is_any_ready = false;
  for (const auto& connection : connections_) {
    if (connection->loop().get_executor().running_in_this_thread()) return connection->is_ready();
    is_any_ready = is_any_ready || connection->is_ready();
  }
  return is_any_ready;
}

StandaloneRedisClient::Latency StandaloneRedisClient::latency() const {
  LatencyWindow::Counts counts{};
  for (const auto& connection : connections_)
    connection->latencies().add_to(counts);
  Latency latency;
  latency.p50_ms = LatencyWindow::quantile_ms(counts, 0.50);
  latency.p99_ms = LatencyWindow::quantile_ms(counts, 0.99);
  return latency;
}

std::vector<RedisClient::Shard> StandaloneRedisClient::shards() const {
  Shard shard;
  shard.address = address_;
  shard.is_ready = is_ready();
  return {shard};
}

// They never change.
void StandaloneRedisClient::watch_sources(RedisSourceListener* listener) {
  if (listener == nullptr) return;
  listener->on_sources_changing();
  listener->on_sources({RedisSource()});
}

}  // namespace refrain
