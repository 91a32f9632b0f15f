#pragma once

/// @file
/// A map in memory, bounded by items, bytes and time.

#include "refrain/cache/cache_key.h"
#include "refrain/cache/entry.h"
#include "refrain/cache/tier.h"
#include "refrain/cache/tier_stats.h"
#include "refrain/core/clock.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace refrain {

/// A bounded map that forgets the least recently used entry first.
///
/// The mechanism of `MemoryTier`: synchronous, without a clock of its own. It never waits on I/O
/// and it never fails: a look-up is a hit or a miss, and an entry that cannot fit is refused. Every
/// operation is O(1); an insert evicts as many entries as it needs the room of.
///
/// Thread safety: every member may be called from any thread. Keys are spread over shards by hash,
/// each with its own mutex. A cache of at most 8191 items, or of less than 32 MiB, is one shard:
/// its limits and its order of use are exact. A larger one is up to 16 shards, each exact in itself
/// with its part of the limits, so the whole may evict a little before it is full.
///
/// Ownership: values are shared and immutable, so a hit copies a pointer, and an evicted value
/// lives on while a reader holds it. Values are destroyed after the shard's lock is released.
///
/// Invariants, per shard, whenever its lock is free:
///   - every entry is in the index and in the recency list exactly once;
///   - the items and the charged bytes are within the shard's limits;
///   - insertions less removals are the items.
class MemoryLruCache {
public:
  struct Config {
    /// Entries. More: a higher hit ratio for more memory. 0: the cache is off. At most 2^32 - 2.
    std::size_t max_items = 1000;
    /// Bytes of all entries' `charge()` and `kItemOverhead` together. 0: the cache is off. An entry
    /// larger than a shard's part of them (never less than 16 MiB in a cache of several) is
    /// refused.
    std::size_t max_size_bytes = std::size_t{100} << 20;
    /// How long an entry stays, see `resident_until`. 0: the cache is off.
    std::chrono::seconds ttl{3600};
  };

  /// What an entry takes besides its own `charge()`: a list node and a slot of the index. Both grow
  /// by doubling, so each is counted twice; a table does not shrink before `clear`.
  static constexpr std::size_t kItemOverhead = 2 * 32 + 2 * 43;

  explicit MemoryLruCache(const Config& config);
  MemoryLruCache(const MemoryLruCache&) = delete;
  MemoryLruCache& operator=(const MemoryLruCache&) = delete;
  ~MemoryLruCache();

  /// The entry under `key`, which becomes the most recently used, or nothing. Counts a hit or a
  /// miss. An entry whose time is over is a miss and leaves.
  [[nodiscard]] std::optional<Entry> find(const CacheKey& key, WallTime now);

  /// Stores `entry` as the most recently used, in place of any other under its key, and evicts
  /// until the shard is within its limits. Refuses what is too large or already past its time. What
  /// is too large still displaces an older entry under its key: after a newer answer was offered,
  /// the older one is not given any more.
  InsertOutcome insert(Entry entry, WallTime now);

  /// Forgets `key`. Returns whether there was anything to forget.
  bool erase(const CacheKey& key);

  /// Forgets everything, and gives the tables' memory back.
  void clear();

  /// Looks at up to `max_nodes` places, from where the last sweep ended, and drops what is past its
  /// time. No lock is held for more than a few hundred of them. Returns how many entries left.
  std::size_t sweep(WallTime now, std::size_t max_nodes);

  /// All but the name and the availability, which are the tier's.
  [[nodiscard]] TierStats stats() const;

  [[nodiscard]] std::size_t shard_count() const { return shards_.size(); }

  /// For tests: walks the whole cache and throws `std::logic_error` if an invariant does not hold.
  void check_invariants() const;

private:
  class Shard;

  [[nodiscard]] Shard& shard_for(const CacheKey& key) const;

  Config config_;
  std::uint64_t shard_mask_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::atomic<std::size_t> sweep_shard_{0};  // where the next sweep begins; any value is right
};

}  // namespace refrain
