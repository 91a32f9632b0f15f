#pragma once

/// @file
/// What the event loops of a process know of a master together that sentinels watch.

#include "refrain/core/mutex.h"
#include "refrain/redis/client/announced_sources.h"
#include "refrain/redis/client/redis_address.h"
#include "refrain/redis/client/redis_source_listener.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

namespace refrain {

/// Which server is the master, and which sentinel said so: all loops ask that one first, so that
/// they do not end up at two servers while sentinels disagree.
///
/// Each master has a generation. Who is connected to one of an earlier generation must not use it:
/// then whoever watches the source hears of another one before anything is sent to it.
///
/// Thread safety: any. Ownership: the listener outlives its watch.
class SentinelState {
public:
  /// `on_moved` is called, on whatever loop finds it out, whenever there is another master.
  explicit SentinelState(std::function<void()> on_moved) : on_moved_(std::move(on_moved)) {}

  /// The number of the sentinel to be asked first.
  [[nodiscard]] std::size_t first() const { return first_.load(std::memory_order_relaxed); }

  /// 0 until there is a master.
  [[nodiscard]] std::uint64_t generation() const {
    return generation_.load(std::memory_order_acquire);
  }
  /// Nothing until there is one.
  [[nodiscard]] std::optional<RedisAddress> master() const;

  /// Sentinel number `sentinel` said, when asked while `asked` was the generation, that `found` is
  /// the master. The generation of that master; nothing if there has been another one meanwhile:
  /// then the answer may be older than what is known.
  std::optional<std::uint64_t> note_found(const RedisAddress& found,
                                          std::size_t sentinel,
                                          std::uint64_t asked);
  /// The sentinel said so of its own accord.
  void note_moved(const RedisAddress& master, std::size_t sentinel);

  /// See `RedisClient::watch_sources`.
  void watch_sources(RedisSourceListener* listener);

private:
  void replace(const RedisAddress& master, std::size_t sentinel) REFRAIN_REQUIRES(mutex_);

  const std::function<void()> on_moved_;
  std::atomic<std::size_t> first_{0};
  std::atomic<std::uint64_t> generation_{0};
  mutable Mutex mutex_;
  std::optional<RedisAddress> master_ REFRAIN_GUARDED_BY(mutex_);
  AnnouncedSources sources_ REFRAIN_GUARDED_BY(mutex_);
};

}  // namespace refrain
