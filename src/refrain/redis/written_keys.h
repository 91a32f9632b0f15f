#pragma once

/// @file
/// What this process wrote to a store that others share.

#include "refrain/cache/cache_key.h"
#include "refrain/cache/tier_stats.h"
#include "refrain/core/clock.h"
#include "refrain/core/mutex.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <map>

namespace refrain {

/// The keys that this process wrote to Redis and has not seen leave, for its statistics: Redis
/// counts what everybody wrote, and says nothing of who.
///
/// Thread safety: any.
/// Invariants: `insertions - removals.total() == items`; at most `max_keys` are remembered, beyond
/// which the one that expires first is counted as having left for want of room.
class WrittenKeys {
public:
  struct Counts {
    std::int64_t items = 0;
    std::int64_t size_bytes = 0;
    std::int64_t insertions = 0;
    Removals removals;
  };

  /// Why a key is gone.
  using Cause = std::int64_t Removals::*;

  /// @pre `max_keys > 0`.
  explicit WrittenKeys(std::size_t max_keys) : max_keys_(max_keys) {}

  /// `key` was written and Redis will drop it at `until`. A key that was there is replaced.
  void record(CacheKey key, WallTime until, std::size_t size_bytes);

  /// `key` was seen to be gone. Counts nothing if this process did not write it.
  void forget(CacheKey key, Cause cause);

  /// `key` was looked for in vain: it has expired if its time has come, else Redis dropped it.
  void forget_missing(CacheKey key, WallTime now);

  /// Everything is gone at once.
  void forget_all(Cause cause);

  /// Forgets up to `limit` keys whose time has come.
  void forget_expired(WallTime now, std::size_t limit);

  [[nodiscard]] Counts counts() const;

private:
  using ByExpiry = std::multimap<WallTime, CacheKey>;
  struct Written {
    ByExpiry::iterator position;
    std::size_t size_bytes = 0;
  };
  using ByKey = boost::unordered_flat_map<CacheKey, Written, CacheKeyHash>;

  void remove(ByKey::iterator written, Cause cause) REFRAIN_REQUIRES(mutex_);

  const std::size_t max_keys_;
  mutable Mutex mutex_;
  ByKey by_key_ REFRAIN_GUARDED_BY(mutex_);
  ByExpiry by_expiry_ REFRAIN_GUARDED_BY(mutex_);
  Counts counts_ REFRAIN_GUARDED_BY(mutex_);
};

}  // namespace refrain
