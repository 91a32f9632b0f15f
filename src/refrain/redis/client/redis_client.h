#pragma once

/// @file
/// A Redis client for a process of several event loops.

#include "refrain/core/log.h"
#include "refrain/core/result.h"
#include "refrain/core/task.h"
#include "refrain/redis/client/redis_command.h"
#include "refrain/redis/client/redis_connection.h"
#include "refrain/redis/client/resp_value.h"

#include <boost/asio/io_context.hpp>

#include <atomic>
#include <memory>
#include <vector>

namespace refrain {

/// One connection for each event loop. A command goes over the connection of the loop that its
/// coroutine runs on, so that nothing is handed between threads.
///
/// Thread safety: every member may be called from any thread; `execute` from a coroutine on one of
/// the client's loops.
/// Ownership: the loops and the log outlive the client. It is destroyed while no other thread runs
/// its loops; what is left of it in a loop ends when that loop next runs or is destroyed.
class RedisClient {
public:
  struct Latency {
    double p50_ms = 0;
    double p99_ms = 0;
  };

  /// @pre `loops` is not empty, and each is run by one thread.
  RedisClient(const RedisConnectionOptions& options,
              const std::vector<boost::asio::io_context*>& loops,
              Log& log);
  RedisClient(const RedisClient&) = delete;
  RedisClient& operator=(const RedisClient&) = delete;
  ~RedisClient();

  /// Begins connecting in the background, on every loop. Once.
  void start();

  /// Ends every command that waits with `kCancelled`, and connects no more: the client is not ready
  /// from then on.
  void stop();

  /// The reply, or why there is none: within the command budget in any case, and at once if this
  /// loop's connection is away. An error reply of the server is a reply.
  Task<Result<RespValue>> execute(RedisCommand command);

  /// Whether `execute` would send now. Called on one of the loops it answers for that loop's
  /// connection, elsewhere for any.
  [[nodiscard]] bool is_ready() const;

  /// Of the latest commands, of all connections together.
  [[nodiscard]] Latency latency() const;

private:
  std::vector<std::shared_ptr<RedisConnection>> connections_;
  std::atomic<bool> is_stopped_ = false;
};

}  // namespace refrain
