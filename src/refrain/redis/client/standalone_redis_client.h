#pragma once

/// @file
/// The client of one Redis server.

#include "refrain/core/log.h"
#include "refrain/core/result.h"
#include "refrain/core/task.h"
#include "refrain/redis/client/redis_client.h"
#include "refrain/redis/client/redis_command.h"
#include "refrain/redis/client/redis_connection.h"
#include "refrain/redis/client/redis_source_listener.h"
#include "refrain/redis/client/resp_value.h"

#include <boost/asio/io_context.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace refrain {

/// One connection for each event loop, all to the same server, which keeps every key.
class StandaloneRedisClient final : public RedisClient {
public:
  /// @pre `loops` is not empty, and each is run by one thread.
  StandaloneRedisClient(const RedisConnectionOptions& options,
                        const std::vector<boost::asio::io_context*>& loops,
                        Log& log);
  ~StandaloneRedisClient() override;

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
  void watch_sources(RedisSourceListener* listener) override;
  void renew_sources() override {}

private:
  const std::string address_;
  std::vector<std::shared_ptr<RedisConnection>> connections_;
  std::atomic<bool> is_stopped_ = false;
};

}  // namespace refrain
