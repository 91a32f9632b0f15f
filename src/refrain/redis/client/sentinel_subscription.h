#pragma once

/// @file
/// Hears from a sentinel that there is another master.

#include "refrain/core/log.h"
#include "refrain/core/result.h"
#include "refrain/core/task.h"
#include "refrain/redis/client/redis_address.h"
#include "refrain/redis/client/redis_client_options.h"
#include "refrain/redis/client/redis_connection.h"
#include "refrain/redis/client/redis_url.h"
#include "refrain/redis/client/resp_value.h"
#include "refrain/redis/client/sentinel_state.h"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace refrain {

/// A connection to a sentinel that is subscribed to `+switch-master`, and on which the sentinel is
/// asked for the master each `interval` besides: that is a sign of life, finds what was missed, and
/// has to do where a sentinel lets nobody subscribe or cannot send messages (before Redis 6). If
/// the sentinel does not answer within the options' budget for connecting, the next one takes its
/// place. Nobody waits for any of this.
///
/// Thread safety: `start` and `stop` from any thread, once; everything else is done on the loop.
/// Ownership: the work in its loop keeps it alive until it was stopped. The log outlives that.
class SentinelSubscription : public std::enable_shared_from_this<SentinelSubscription> {
public:
  /// @pre `options.nodes` is not empty; `loop` is run by one thread and outlives this.
  SentinelSubscription(const RedisClientOptions& options,
                       std::shared_ptr<SentinelState> state,
                       boost::asio::io_context& loop,
                       Log& log,
                       std::chrono::milliseconds interval = std::chrono::milliseconds(1000));
  SentinelSubscription(const SentinelSubscription&) = delete;
  SentinelSubscription& operator=(const SentinelSubscription&) = delete;
  ~SentinelSubscription();

  void start();
  void stop();

private:
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        Executor>;

  static Task<Result<RedisEndpoint>> locate(std::shared_ptr<SentinelSubscription> self);
  static Task<void> live(std::shared_ptr<SentinelSubscription> self);
  Task<void> subscribe();
  Task<void> ask();
  bool is_to_be_believed(const RedisAddress& found, std::size_t sentinel);
  static Task<Result<RespValue>> stopped();
  Task<Result<RespValue>> execute(RedisCommand command) const;
  [[nodiscard]] bool sends_messages() const;
  Task<void> rest();
  [[nodiscard]] RedisConnectionOptions connection_options();
  void hear(const RespValue& message);
  void report_refusal(const RespValue& reply);

  const RedisClientOptions options_;
  const std::shared_ptr<SentinelState> state_;
  boost::asio::io_context& loop_;
  Log& log_;
  const std::chrono::milliseconds interval_;
  NullLog silence_;  // that a sentinel is away is no news while another is there
  // The loop's and not its own: what waits on it keeps this.
  std::weak_ptr<RedisConnection> connection_;

  // A sentinel's word that another one was asked to second.
  struct Doubted {
    RedisAddress master;
    std::size_t sentinel = 0;
  };

  // The loop's own.
  Timer timer_;
  std::optional<RedisAddress> said_;  // by the sentinel that is connected, at last
  std::optional<Doubted> doubted_;
  std::size_t attempts_ = 0;
  std::size_t sentinel_ = 0;  // the number of the one that is, or is being, connected
  bool is_new_ = false;       // the connection
  bool is_refusal_reported_ = false;
  std::atomic<bool> is_stopped_{false};
};

}  // namespace refrain
