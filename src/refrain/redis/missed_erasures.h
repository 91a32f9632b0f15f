#pragma once

/// @file
/// Keys that could not be erased while a tier was away.

#include "refrain/cache/cache_key.h"
#include "refrain/core/clock.h"
#include "refrain/core/mutex.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace refrain {

/// The keys that a tier must erase before it answers again, and the shard in which each lies, by
/// its id (`RedisClient::shard_of`).
/// Bounded: who finds no room must forget everything.
///
/// Thread safety: any. While nothing waits, `hides` takes no lock.
class MissedErasures {
public:
  struct Waiting {
    CacheKey key;
    WallTime at;               ///< When it was erased.
    std::uint64_t number = 0;  ///< Of this erasure: a later one of the same key has another.
  };

  explicit MissedErasures(std::size_t max_keys) : max_keys_(max_keys) {}

  /// Remembers that `key` of `shard` was erased `at` a time. False if there is no room: it was not
  /// remembered.
  [[nodiscard]] bool remember(CacheKey key, std::size_t shard, WallTime at);

  /// Whether anything waits to be erased.
  [[nodiscard]] bool is_empty() const { return count_.load(std::memory_order_acquire) == 0; }

  /// Whether `key` waits to be erased.
  [[nodiscard]] bool has(CacheKey key) const;

  /// Whether the shard must not be asked for `key`: something in it waits to be erased, or `key`
  /// does wherever it lay.
  [[nodiscard]] bool hides(CacheKey key, std::size_t shard) const;

  /// Whether something in the shard waits to be erased.
  [[nodiscard]] bool hides_shard(std::size_t shard) const;

  /// All that waits now.
  [[nodiscard]] std::vector<Waiting> waiting() const;

  /// `erased` was done. One of the same key that came since waits on.
  void settle(const Waiting& erased);

  /// Nothing of what waits is within reach any more.
  void forget_all();

  [[nodiscard]] std::int64_t count() const {
    return static_cast<std::int64_t>(count_.load(std::memory_order_acquire));
  }

private:
  struct Place {
    std::size_t shard = 0;
    WallTime at;
    std::uint64_t number = 0;
  };

  const std::size_t max_keys_;
  mutable Mutex mutex_;
  boost::unordered_flat_map<CacheKey, Place, CacheKeyHash> keys_ REFRAIN_GUARDED_BY(mutex_);
  boost::unordered_flat_map<std::size_t, std::size_t> by_shard_ REFRAIN_GUARDED_BY(mutex_);
  std::uint64_t next_number_ REFRAIN_GUARDED_BY(mutex_) = 0;
  std::atomic<std::size_t> count_{0};  // of keys_, written under the mutex
};

}  // namespace refrain
