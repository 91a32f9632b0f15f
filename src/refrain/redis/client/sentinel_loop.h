#pragma once

/// @file
/// What a sentinels' client has on one event loop.

#include "refrain/core/log.h"
#include "refrain/core/result.h"
#include "refrain/core/task.h"
#include "refrain/redis/client/latency_window.h"
#include "refrain/redis/client/redis_client_options.h"
#include "refrain/redis/client/redis_command.h"
#include "refrain/redis/client/redis_connection.h"
#include "refrain/redis/client/resp_value.h"
#include "refrain/redis/client/sentinel_locator.h"
#include "refrain/redis/client/sentinel_state.h"

#include <boost/asio/io_context.hpp>

#include <memory>

namespace refrain {

/// A connection to the master. Before every attempt the sentinels are asked where it is, and the
/// server itself whether it is one. A connection to a server that is no longer the master, by what
/// any loop knows or by its own word (READONLY), is given up at once.
///
/// Thread safety: `execute` on the loop, everything else from any thread.
/// Ownership: the work in its loop keeps the connection alive until it was stopped. The log and
/// what the options' functions refer to outlive the call of `stop`.
class SentinelLoop : public std::enable_shared_from_this<SentinelLoop> {
public:
  /// @pre `loop` is run by one thread and outlives this; `options.nodes` is not empty.
  SentinelLoop(const RedisClientOptions& options,
               std::shared_ptr<SentinelState> state,
               boost::asio::io_context& loop,
               Log& log);
  SentinelLoop(const SentinelLoop&) = delete;
  SentinelLoop& operator=(const SentinelLoop&) = delete;
  ~SentinelLoop();

  /// Begins connecting in the background. Once.
  void start() { connection_->start(); }
  /// Ends what waits with `kCancelled`, and calls none of the options' functions any more.
  void stop();

  /// See `RedisClient::execute`. Nothing is sent to a former master.
  Task<Result<RespValue>> execute(RedisCommand command);

  [[nodiscard]] bool is_ready() const { return connection_->is_ready() && is_current(); }
  /// Gives the connection up if it is to a former master.
  void leave_former();

  [[nodiscard]] const LatencyWindow& latencies() const { return connection_->latencies(); }
  [[nodiscard]] boost::asio::io_context& loop() const { return connection_->loop(); }

private:
  /// Whether it was located since the master is the one that it is.
  [[nodiscard]] bool is_current() const { return locator_->generation() == state_->generation(); }

  const std::shared_ptr<SentinelState> state_;
  const std::shared_ptr<SentinelLocator> locator_;
  std::shared_ptr<RedisConnection> connection_;
};

}  // namespace refrain
