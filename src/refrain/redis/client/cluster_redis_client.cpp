#include "refrain/redis/client/cluster_redis_client.h"

#include "refrain/redis/client/cluster_slot.h"
#include "refrain/redis/client/cluster_topology.h"
#include "refrain/redis/client/latency_window.h"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace refrain {

namespace {

// Connections of one loop take seeds of their own from there on.
constexpr std::uint64_t kSeedsOfALoop = 1024;

}  // namespace

ClusterRedisClient::ClusterRedisClient(const RedisClientOptions& options,
                                       const std::vector<boost::asio::io_context*>& loops,
                                       Log& log)
    : state_(
          std::make_shared<ClusterState>(options.refresh_distance,
                                         cluster_slot(options.connection.greeting.routing_key()))) {
  RedisClientOptions own = options;
  for (boost::asio::io_context* loop : loops) {
    loops_.push_back(std::make_shared<ClusterLoop>(own, state_, *loop, log));
    own.connection.seed += kSeedsOfALoop;
  }
}

ClusterRedisClient::~ClusterRedisClient() {
  ClusterRedisClient::stop();
}

void ClusterRedisClient::start() {
  for (const auto& loop : loops_)
    loop->start();
}

void ClusterRedisClient::stop() {
  for (const auto& loop : loops_)
    loop->stop();
}

Task<Result<RespValue>> ClusterRedisClient::execute(RedisCommand command) {
  const Executor executor = co_await boost::asio::this_coro::executor;
  for (const auto& loop : loops_) {
    if (&loop->loop() == &executor.context()) co_return co_await loop->execute(std::move(command));
  }
  co_return fail(ErrorCode::kInternal, "this event loop has no Redis connection");
}

const ClusterLoop* ClusterRedisClient::here() const {
  const auto found = std::find_if(loops_.begin(), loops_.end(), [](const auto& loop) {
    return loop->loop().get_executor().running_in_this_thread();
  });
  return found == loops_.end() ? nullptr : found->get();
}

bool ClusterRedisClient::is_ready() const {
  if (const ClusterLoop* const loop = here()) return loop->is_ready();
  return std::any_of(
      loops_.begin(), loops_.end(), [](const auto& loop) { return loop->is_ready(); });
}

bool ClusterRedisClient::is_ready(std::string_view key) const {
  const std::uint16_t slot = cluster_slot(key);
  if (const ClusterLoop* const loop = here()) return loop->is_ready(slot);
  return std::any_of(
      loops_.begin(), loops_.end(), [&](const auto& loop) { return loop->is_ready(slot); });
}

RedisClient::Latency ClusterRedisClient::latency() const {
  LatencyWindow::Counts counts{};
  for (const auto& loop : loops_)
    loop->add_latencies(counts);
  Latency latency;
  latency.p50_ms = LatencyWindow::quantile_ms(counts, 0.50);
  latency.p99_ms = LatencyWindow::quantile_ms(counts, 0.99);
  return latency;
}

std::size_t ClusterRedisClient::shard_count() const {
  return std::max<std::size_t>(state_->topology()->shards().size(), 1);
}

std::vector<std::size_t> ClusterRedisClient::shard_ids() const {
  std::vector<std::size_t> ids;
  const std::shared_ptr<const ClusterTopology> topology = state_->topology();
  for (const ClusterTopology::Shard& shard : topology->shards())
    ids.push_back(shard.id);
  if (ids.empty()) ids.push_back(0);
  return ids;
}

std::size_t ClusterRedisClient::shard_of(std::string_view key) const {
  const std::shared_ptr<const ClusterTopology> topology = state_->topology();
  const std::optional<std::size_t> number = topology->shard_of(cluster_slot(key));
  return number ? topology->shards()[*number].id : shard_ids().front();
}

std::vector<RedisClient::Shard> ClusterRedisClient::shards() const {
  std::vector<Shard> all;
  const std::shared_ptr<const ClusterTopology> topology = state_->topology();
  for (const ClusterTopology::Shard& known : topology->shards()) {
    Shard shard;
    shard.address = known.master.describe();
    shard.slots = known.slots;
    shard.is_ready = std::any_of(loops_.begin(), loops_.end(), [&](const auto& loop) {
      return loop->is_ready(known.master);
    });
    all.push_back(std::move(shard));
  }
  return all;
}

}  // namespace refrain
