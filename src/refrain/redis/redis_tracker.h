#pragma once

/// @file
/// Hears from Redis what others change there.

#include "refrain/cache/change_listener.h"
#include "refrain/core/log.h"
#include "refrain/core/result.h"
#include "refrain/core/task.h"
#include "refrain/redis/client/redis_connection.h"
#include "refrain/redis/client/resp_value.h"
#include "refrain/redis/redis_cache.h"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace refrain {

/// A connection of its own on which Redis tells of every change of a Redis tier's keys, by
/// `CLIENT TRACKING` in broadcasting mode: docs/formats/redis.md.
///
/// It is up once Redis has said that it tracks, and the epoch of then was adopted; it is down as
/// soon as the connection is. A connection on which nothing comes is asked for a sign of life, so
/// that one which is dead without saying so is down after `heartbeat` and the connection's command
/// budget at most: that bounds for how long a change may go unnoticed. A Redis that refuses to
/// track (before version 6, or to this user) is said so in the log once, and never up.
///
/// Thread safety: `start` and `stop` from any thread; everything else happens on its loop.
/// Ownership: the loop, the tier, the listener and the log outlive the tracker, and the tracker is
/// destroyed while its loop does not run.
class RedisTracker {
public:
  /// Of what it tells.
  enum class Scope : std::uint8_t {
    kEpoch,    ///< Only when the epoch is raised: a message for each `clear`, and none else.
    kEntries,  ///< Every change of every entry too: a message for each `insert` of any instance.
  };

  struct Options {
    RedisConnectionOptions connection;  ///< Its greeting and its functions are the tracker's.
    Scope scope = Scope::kEntries;
    std::chrono::milliseconds heartbeat{250};
  };

  RedisTracker(Options options,
               RedisCache& redis,
               boost::asio::io_context& loop,
               ChangeListener& listener,
               Log& log);
  RedisTracker(const RedisTracker&) = delete;
  RedisTracker& operator=(const RedisTracker&) = delete;
  ~RedisTracker();

  /// Begins connecting in the background. Once.
  void start();
  /// Tells the listener nothing any more.
  void stop();

private:
  struct State;

  const std::shared_ptr<State> state_;
  const std::shared_ptr<RedisConnection> connection_;
};

}  // namespace refrain
