#pragma once

/// @file
/// The client of one Redis server at a time, which sentinels name.

#include "refrain/core/log.h"
#include "refrain/core/result.h"
#include "refrain/core/task.h"
#include "refrain/redis/client/redis_client.h"
#include "refrain/redis/client/redis_client_options.h"
#include "refrain/redis/client/redis_command.h"
#include "refrain/redis/client/redis_connection.h"
#include "refrain/redis/client/resp_value.h"
#include "refrain/redis/client/sentinel_locator.h"
#include "refrain/redis/client/standalone_redis_client.h"

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace refrain {

/// One connection for each event loop, all to the master. Before every attempt to connect the
/// sentinels are asked where it is, and the server itself whether it is one. A server that says
/// READONLY has ceased to be: its connection is given up at once.
class SentinelRedisClient final : public RedisClient {
public:
  /// @pre `loops` is not empty, and each is run by one thread; `options.nodes` is not empty.
  SentinelRedisClient(const RedisClientOptions& options,
                      const std::vector<boost::asio::io_context*>& loops,
                      Log& log);
  ~SentinelRedisClient() override;

  void start() override { client_->start(); }
  void stop() override;
  Task<Result<RespValue>> execute(RedisCommand command) override;
  [[nodiscard]] bool is_ready() const override { return client_->is_ready(); }
  [[nodiscard]] bool is_ready(std::string_view key) const override {
    return client_->is_ready(key);
  }
  [[nodiscard]] Latency latency() const override { return client_->latency(); }
  [[nodiscard]] std::size_t shard_count() const override { return 1; }
  [[nodiscard]] std::vector<std::size_t> shard_ids() const override { return {0}; }
  [[nodiscard]] std::size_t shard_of(std::string_view /*key*/) const override { return 0; }
  [[nodiscard]] std::vector<Shard> shards() const override;

private:
  std::vector<std::shared_ptr<SentinelLocator>> locators_;
  std::vector<std::shared_ptr<RedisConnection>> connections_;
  std::unique_ptr<StandaloneRedisClient> client_;
};

}  // namespace refrain
