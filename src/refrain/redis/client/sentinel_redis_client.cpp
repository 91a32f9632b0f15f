#include "refrain/redis/client/sentinel_redis_client.h"

#include "refrain/redis/client/latency_window.h"

#include <boost/asio/this_coro.hpp>

#include <optional>
#include <utility>

namespace refrain {

SentinelRedisClient::SentinelRedisClient(const RedisClientOptions& options,
                                         const std::vector<boost::asio::io_context*>& loops,
                                         Log& log) {
  // The loops have the state, so that it does not keep them.
  const auto weak_loops = std::make_shared<std::vector<std::weak_ptr<SentinelLoop>>>();
  state_ = std::make_shared<SentinelState>([weak_loops] {
    for (const std::weak_ptr<SentinelLoop>& weak : *weak_loops)
      if (const auto loop = weak.lock()) loop->leave_former();
  });
  RedisClientOptions own = options;
  for (boost::asio::io_context* loop : loops) {
    loops_.push_back(std::make_shared<SentinelLoop>(own, state_, *loop, log));
    weak_loops->push_back(loops_.back());
    ++own.connection.seed;
  }
  subscription_ = std::make_shared<SentinelSubscription>(own, state_, *loops.front(), log);
}

SentinelRedisClient::~SentinelRedisClient() {
  SentinelRedisClient::stop();
}

void SentinelRedisClient::start() {
  for (const auto& loop : loops_)
    loop->start();
  subscription_->start();
}

void SentinelRedisClient::stop() {
  is_stopped_.store(true, std::memory_order_release);
  for (const auto& loop : loops_)
    loop->stop();
  subscription_->stop();
}

Task<Result<RespValue>> SentinelRedisClient::execute(RedisCommand command) {
  const Executor executor = co_await boost::asio::this_coro::executor;
  for (const auto& loop : loops_) {
    if (&loop->loop() == &executor.context()) co_return co_await loop->execute(std::move(command));
  }
  co_return fail(ErrorCode::kInternal, "this event loop has no Redis connection");
}

bool SentinelRedisClient::is_ready() const {
  // The connections end when their loops come to it.
  if (is_stopped_.load(std::memory_order_acquire)) return false;
  bool is_any_ready = false;
  for (const auto& loop : loops_) {
    if (loop->loop().get_executor().running_in_this_thread()) return loop->is_ready();
    is_any_ready = is_any_ready || loop->is_ready();
  }
  return is_any_ready;
}

RedisClient::Latency SentinelRedisClient::latency() const {
  LatencyWindow::Counts counts{};
  for (const auto& loop : loops_)
    loop->latencies().add_to(counts);
  Latency latency;
  latency.p50_ms = LatencyWindow::quantile_ms(counts, 0.50);
  latency.p99_ms = LatencyWindow::quantile_ms(counts, 0.99);
  return latency;
}

std::vector<RedisClient::Shard> SentinelRedisClient::shards() const {
  Shard shard;
  if (const std::optional<RedisAddress> master = state_->master())
    shard.address = master->describe();
  shard.is_ready = is_ready();
  return {shard};
}

}  // namespace refrain
