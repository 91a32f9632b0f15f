#pragma once

/// @file
/// The client of a Redis Cluster.

#include "refrain/core/log.h"
#include "refrain/core/result.h"
#include "refrain/core/task.h"
#include "refrain/redis/client/cluster_loop.h"
#include "refrain/redis/client/cluster_state.h"
#include "refrain/redis/client/redis_client.h"
#include "refrain/redis/client/redis_client_options.h"
#include "refrain/redis/client/redis_command.h"
#include "refrain/redis/client/redis_source_listener.h"
#include "refrain/redis/client/resp_value.h"

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace refrain {

/// For each event loop a connection to each master; all loops share one picture of the cluster. It
/// follows the cluster while slots are moved and masters replaced: a command for a slot that is
/// elsewhere goes there at once, and only the commands of a master that is away fail.
class ClusterRedisClient final : public RedisClient {
public:
  /// @pre `loops` is not empty, and each is run by one thread; `options.nodes` is not empty.
  ClusterRedisClient(const RedisClientOptions& options,
                     const std::vector<boost::asio::io_context*>& loops,
                     Log& log);
  ~ClusterRedisClient() override;

  void start() override;
  void stop() override;
  Task<Result<RespValue>> execute(RedisCommand command) override;
  [[nodiscard]] bool is_ready() const override;
  [[nodiscard]] bool is_ready(std::string_view key) const override;
  [[nodiscard]] Latency latency() const override;
  [[nodiscard]] std::size_t shard_count() const override;
  [[nodiscard]] std::vector<std::size_t> shard_ids() const override;
  [[nodiscard]] std::size_t shard_of(std::string_view key) const override;
  [[nodiscard]] std::vector<Shard> shards() const override;
  void watch_sources(RedisSourceListener* listener) override { state_->watch_sources(listener); }
  void renew_sources() override { loops_.front()->renew(); }

  /// How often commands were sent elsewhere.
  [[nodiscard]] ClusterState::Counts redirections() const { return state_->counts(); }

private:
  // The part of the loop that the caller runs on; null elsewhere.
  [[nodiscard]] const ClusterLoop* here() const;

  const std::shared_ptr<ClusterState> state_;
  std::vector<std::shared_ptr<ClusterLoop>> loops_;
};

}  // namespace refrain
