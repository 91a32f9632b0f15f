#pragma once

/// @file
/// Hears from Redis what others change there.

#include "refrain/cache/change_listener.h"
#include "refrain/core/log.h"
#include "refrain/redis/client/redis_connection.h"
#include "refrain/redis/redis_cache.h"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <memory>

namespace refrain {

/// Tells of every change of a Redis tier's keys, as the servers tell of them that the tier's client
/// takes answers from: docs/formats/redis.md. Each has a connection of its own (`TrackedServer`).
///
/// The feed is up while every one of these servers tells of its changes, and the epoch of then was
/// adopted. It is down before a command is sent to a server that does not yet, and as soon as one
/// is lost or is not what it was taken for any more: at the latest one `heartbeat` and the
/// connection's command budget after that, also when the server is dead without saying so, or the
/// rest of a cluster has put another in its place. That bounds for how long a change may go
/// unnoticed. The feed is also down for a moment when there are fewer servers than before. A Redis
/// that refuses to track (before version 6, or to this user) is said so in the log once, and never
/// up.
///
/// Thread safety: `start` and `stop` from any thread; everything else happens on its loop, but that
/// the listener is told of the feed's going down on the loop that has to do with another server
/// first. Ownership: the loop, the tier, the listener and the log outlive the tracker, and the
/// tracker is destroyed while its loop does not run.
class RedisTracker {
public:
  /// Of what it tells.
  enum class Scope : std::uint8_t {
    kEpoch,    ///< Only when the epoch is raised: a message for each `clear`, and none else.
    kEntries,  ///< Every change of every entry too: a message for each `insert` of any instance.
  };

  struct Options {
    /// Of each. Its greeting and its functions are the tracker's, and so are host and port of one
    /// of several servers.
    RedisConnectionOptions connection;
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
  class Core;
  class Servers;

  const std::shared_ptr<Servers> servers_;
  const std::shared_ptr<Core> core_;
};

}  // namespace refrain
