#pragma once

/// @file
/// The client of one Redis server at a time, which sentinels name.

#include "refrain/core/log.h"
#include "refrain/core/result.h"
#include "refrain/core/task.h"
#include "refrain/redis/client/redis_client.h"
#include "refrain/redis/client/redis_client_options.h"
#include "refrain/redis/client/redis_command.h"
#include "refrain/redis/client/redis_source_listener.h"
#include "refrain/redis/client/resp_value.h"
#include "refrain/redis/client/sentinel_loop.h"
#include "refrain/redis/client/sentinel_state.h"
#include "refrain/redis/client/sentinel_subscription.h"

#include <boost/asio/io_context.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace refrain {

/// One connection for each event loop, all to the master, and one to a sentinel, which tells of
/// another master. As soon as any of them learns that the master is elsewhere, all loops leave the
/// former one, also if that still takes commands: the sentinels may be unable to tell it.
class SentinelRedisClient final : public RedisClient {
public:
  /// @pre `loops` is not empty, and each is run by one thread; `options.nodes` is not empty.
  SentinelRedisClient(const RedisClientOptions& options,
                      const std::vector<boost::asio::io_context*>& loops,
                      Log& log);
  ~SentinelRedisClient() override;

  void start() override;
  void stop() override;
  Task<Result<RespValue>> execute(RedisCommand command) override;
  [[nodiscard]] bool is_ready() const override;
  [[nodiscard]] bool is_ready(std::string_view /*key*/) const override { return is_ready(); }
  [[nodiscard]] Latency latency() const override;
  [[nodiscard]] std::size_t shard_count() const override { return 1; }
  [[nodiscard]] std::vector<std::size_t> shard_ids() const override { return {0}; }
  [[nodiscard]] std::size_t shard_of(std::string_view /*key*/) const override { return 0; }
  [[nodiscard]] std::vector<Shard> shards() const override;
  void watch_sources(RedisSourceListener* listener) override { state_->watch_sources(listener); }
  /// The sentinels are asked all the time.
  void renew_sources() override {}

private:
  std::vector<std::shared_ptr<SentinelLoop>> loops_;
  std::shared_ptr<SentinelState> state_;
  std::shared_ptr<SentinelSubscription> subscription_;
  std::atomic<bool> is_stopped_{false};
};

}  // namespace refrain
