#pragma once

/// @file
/// Where the master is that sentinels watch.

#include "refrain/core/result.h"
#include "refrain/core/task.h"
#include "refrain/redis/client/redis_client_options.h"
#include "refrain/redis/client/redis_question.h"
#include "refrain/redis/client/redis_url.h"
#include "refrain/redis/client/sentinel_state.h"

#include <boost/asio/io_context.hpp>

#include <atomic>
#include <cstdint>
#include <memory>

namespace refrain {

/// Asks sentinels in turn for the master's address, first the one that knew it last time.
///
/// Thread safety: `stop` from any thread, everything else on the loop.
/// Ownership: whoever locates keeps it alive.
class SentinelLocator : public std::enable_shared_from_this<SentinelLocator> {
public:
  /// @pre `options.nodes` is not empty; `loop` is run by one thread and outlives the locator.
  SentinelLocator(const RedisClientOptions& options,
                  std::shared_ptr<SentinelState> state,
                  boost::asio::io_context& loop);
  SentinelLocator(const SentinelLocator&) = delete;
  SentinelLocator& operator=(const SentinelLocator&) = delete;
  ~SentinelLocator();

  /// The options' endpoint at the place where the master is said to be, or `kUnavailable` with what
  /// the last sentinel said. Each has the options' budget for connecting. One at a time.
  Task<Result<RedisEndpoint>> locate();

  /// What was located was the master.
  void note_success() { failures_ = 0; }

  /// Of the master that was located last.
  [[nodiscard]] std::uint64_t generation() const {
    return generation_.load(std::memory_order_acquire);
  }

  /// Ends a question that is under way, and asks no more.
  void stop();

private:
  Task<Result<RedisAddress>> ask(RedisAddress sentinel);
  Result<RedisEndpoint> take(const RedisAddress& found, std::size_t sentinel, std::uint64_t asked);

  const RedisClientOptions options_;
  const std::shared_ptr<SentinelState> state_;
  boost::asio::io_context& loop_;
  // The loop's own.
  std::shared_ptr<RedisQuestion> question_;
  std::size_t failures_ = 0;  // locations in a row without success
  std::atomic<std::uint64_t> generation_{0};
  std::atomic<bool> is_stopped_{false};
};

}  // namespace refrain
