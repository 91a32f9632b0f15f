#pragma once

/// @file
/// Where the master is that sentinels watch.

#include "refrain/core/mutex.h"
#include "refrain/core/result.h"
#include "refrain/core/task.h"
#include "refrain/redis/client/redis_client_options.h"
#include "refrain/redis/client/redis_question.h"
#include "refrain/redis/client/redis_url.h"

#include <boost/asio/io_context.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>

namespace refrain {

/// Asks sentinels in turn for the master's address, first the one that knew it last time.
///
/// Thread safety: `stop` and `master` from any thread, everything else on the loop.
/// Ownership: whoever locates keeps it alive.
class SentinelLocator : public std::enable_shared_from_this<SentinelLocator> {
public:
  /// @pre `options.nodes` is not empty; `loop` is run by one thread and outlives the locator.
  SentinelLocator(const RedisClientOptions& options, boost::asio::io_context& loop);
  SentinelLocator(const SentinelLocator&) = delete;
  SentinelLocator& operator=(const SentinelLocator&) = delete;
  ~SentinelLocator();

  /// The options' endpoint at the place where the master is said to be, or `kUnavailable` with what
  /// the last sentinel said. Each has the options' budget for connecting. One at a time.
  Task<Result<RedisEndpoint>> locate();

  /// Ends a question that is under way, and asks no more.
  void stop();

  /// The address that was found last; empty before.
  [[nodiscard]] std::string master() const;

private:
  Task<Result<RedisEndpoint>> ask(RedisAddress sentinel);
  [[nodiscard]] RedisConnectionOptions options_of(const RedisAddress& sentinel) const;
  Result<RedisEndpoint> endpoint_in(const RespValue& reply, const RedisAddress& sentinel) const;

  const RedisClientOptions options_;
  boost::asio::io_context& loop_;
  std::shared_ptr<RedisQuestion> question_;  // the loop's own
  std::size_t first_ = 0;                    // the loop's own: which sentinel is asked first
  std::atomic<bool> is_stopped_{false};
  mutable Mutex mutex_;
  std::string master_ REFRAIN_GUARDED_BY(mutex_);
};

}  // namespace refrain
