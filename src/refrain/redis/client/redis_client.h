#pragma once

/// @file
/// A Redis client for a process of several event loops.

#include "refrain/core/log.h"
#include "refrain/core/result.h"
#include "refrain/core/task.h"
#include "refrain/redis/client/redis_client_options.h"
#include "refrain/redis/client/redis_command.h"
#include "refrain/redis/client/redis_source_listener.h"
#include "refrain/redis/client/resp_value.h"

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace refrain {

/// Sends commands to the server that keeps their key, whichever that is. A command goes over a
/// connection of the loop that its coroutine runs on, so that nothing is handed between threads.
///
/// Thread safety: every member may be called from any thread; `execute` from a coroutine on one of
/// the client's loops.
/// Ownership: the loops and the log outlive the client, and so does what the options' functions
/// refer to. It is destroyed while no other thread runs its loops; what is left of it in a loop
/// ends when that loop next runs or is destroyed.
class RedisClient {
public:
  struct Latency {
    double p50_ms = 0;
    double p99_ms = 0;
  };

  /// One of the servers that share the keys.
  struct Shard {
    std::string address;    ///< Of the one that takes writes; empty if it is not known.
    bool is_ready = false;  ///< Whether a loop would send to it now.
    std::size_t slots = 0;  ///< How many of a cluster's slots are its own; 0 if there are none.
  };

  RedisClient() = default;
  RedisClient(const RedisClient&) = delete;
  RedisClient& operator=(const RedisClient&) = delete;
  virtual ~RedisClient() = default;

  /// Begins connecting in the background, on every loop. Once.
  virtual void start() = 0;

  /// Ends every command that waits with `kCancelled`, and connects no more: the client is not ready
  /// from then on.
  virtual void stop() = 0;

  /// The reply, or why there is none: within the command budget in any case, and at once if the
  /// server that keeps the command's key is away. An error reply of the server is a reply. Several
  /// commands in one are sent to the server that keeps the key of the first.
  virtual Task<Result<RespValue>> execute(RedisCommand command) = 0;

  /// Whether `execute` would send a command for some key now. Called on one of the loops it answers
  /// for that loop's connections, elsewhere for any. It becomes true only after the options'
  /// greeting was answered and liked, on this loop and since the server that keeps its key was last
  /// out of reach.
  [[nodiscard]] virtual bool is_ready() const = 0;
  /// The same for a command about `key`.
  [[nodiscard]] virtual bool is_ready(std::string_view key) const = 0;

  /// Of the latest commands, of all connections together.
  [[nodiscard]] virtual Latency latency() const = 0;

  /// How many servers share the keys at present, each with a part of its own; at least 1.
  [[nodiscard]] virtual std::size_t shard_count() const = 0;
  /// The ids of these servers, at least one; in the order of `shards`. Ids are small numbers. A
  /// server keeps its own for as long as the client lives, however a cluster is rearranged.
  [[nodiscard]] virtual std::vector<std::size_t> shard_ids() const = 0;
  /// The id of the one that keeps `key`.
  [[nodiscard]] virtual std::size_t shard_of(std::string_view key) const = 0;
  /// Each of them; for people. Fewer than `shard_count()` before anything is known.
  [[nodiscard]] virtual std::vector<Shard> shards() const = 0;

  /// From now on `listener`, and nobody else, is told from which servers answers come; at once of
  /// those there are, of none while none is known. Null: nobody. When this returns no call to the
  /// one before is under way. The listener outlives its watch.
  virtual void watch_sources(RedisSourceListener* listener) = 0;
  /// Finds out soon whether the sources are still the same: somebody has reason to doubt it.
  virtual void renew_sources() = 0;
};

/// A client of the kind that the options name, not yet started, or `kInvalidArgument` that names
/// the option.
/// @pre `loops` is not empty, and each is run by one thread.
Result<std::unique_ptr<RedisClient>> make_redis_client(
    const RedisClientOptions& options,
    const std::vector<boost::asio::io_context*>& loops,
    Log& log);

}  // namespace refrain
