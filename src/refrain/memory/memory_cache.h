#pragma once

/// @file
/// A map in memory, bounded by items, bytes and time.

#include "refrain/cache/cache_key.h"
#include "refrain/cache/entry.h"
#include "refrain/cache/tier.h"
#include "refrain/cache/tier_stats.h"
#include "refrain/core/clock.h"
#include "refrain/core/mutex.h"
#include "refrain/memory/memory_shard.h"
#include "refrain/memory/policy/policy_kind.h"
#include "refrain/memory/read_sections.h"
#include "refrain/memory/reclaimer.h"
#include "refrain/memory/request_sample.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace refrain {

/// A bounded map that knows what to give up.
///
/// The mechanism of `MemoryTier`: synchronous, without a clock of its own. It never waits on I/O
/// and it never fails: a look-up is a hit or a miss, and an entry that cannot fit is refused.
///
/// A hit takes no lock and moves nothing: it follows the table to the entry, leaves a note of its
/// use there and takes a reference, which is a line of the table and two of the entry. All else
/// (insert, erase, expiry, and a miss, to be certain) takes the lock of a shard.
///
/// Thread safety: every member may be called from any thread. A cache of at most 8191 items, or of
/// less than 32 MiB, is one shard: its limits and its policy are exact. A larger one is up to 16
/// shards, each exact in itself with its part of the limits, so the whole may evict a little before
/// it is full. The shards are chosen at construction, by the limits of then. Uses by several
/// threads at once are put in order about as they came.
///
/// Ownership: values are shared and immutable, so a hit copies a pointer, and an evicted value
/// lives on while a reader holds it. Values are destroyed with no lock held.
///
/// Memory: `max_size_bytes` bounds all that grows: entries with what the allocator adds, the tables
/// and orders, ghosts, sketches and shadows. Beside it there are about 8 KiB for a cache and 5 KiB
/// for a shard, and what has left and is to be freed: up to 64 entries or 256 KiB in each shard,
/// and a few times that where a reader's thread has lost its core.
class MemoryCache {
public:
  struct Config {
    /// Entries. More: a higher hit ratio for more memory. 0: the cache is off. At most 2^32 - 2.
    std::size_t max_items = 1000;
    /// Bytes of everything. 0: the cache is off. An entry larger than a shard's part of them (never
    /// less than 16 MiB in a cache of several) is refused.
    std::size_t max_size_bytes = std::size_t{100} << 20;
    /// How long an entry stays, see `resident_until`. 0: the cache is off.
    std::chrono::seconds ttl{3600};
    /// What is given up first.
    PolicyKind policy = PolicyKind::kLru;
    /// Whether to forecast what other sizes would do. The adaptive policy does so in any case.
    bool has_forecast = true;
  };

  /// What an entry takes besides its own `charge()`: a word of the table and a place in the
  /// policy's order, both as sparse as growth leaves them.
  static constexpr std::size_t kItemOverhead = 48;

  explicit MemoryCache(const Config& config);
  MemoryCache(const MemoryCache&) = delete;
  MemoryCache& operator=(const MemoryCache&) = delete;
  ~MemoryCache();

  /// The entry under `key`, or nothing. Counts a hit or a miss. An entry whose time is over is a
  /// miss and leaves.
  [[nodiscard]] std::optional<Entry> find(const CacheKey& key, WallTime now);

  /// Stores `entry`, in place of any other under its key, and evicts what there is no room for; of
  /// all policies but `kLru`, that may be `entry` itself. Refuses what is too large or already past
  /// its time. What is too large still displaces an older entry under its key: after a newer answer
  /// was offered, the older one is not given any more.
  InsertOutcome insert(Entry entry, WallTime now);

  /// Has `entry` too from now on, for whoever has answered with it may be away the next time: notes
  /// a use of what is there under its key if that is no older, and inserts it otherwise; an erasure
  /// only forgets what is older. Counts no hit and no miss.
  void keep(const Entry& entry, WallTime now);

  /// Forgets `key`. Returns whether there was anything to forget.
  bool erase(const CacheKey& key);

  /// Forgets everything, and gives the tables' memory back.
  void clear();

  /// Drops what is past its time, looking at no more than about `most` entries; the next call goes
  /// on from there. No lock is held for more than a few hundred of them. Returns how many left.
  std::size_t sweep(WallTime now, std::size_t most);

  /// Follows new limits, evicting what there is no room for any more; what is not given stays as it
  /// is. Hits go on meanwhile, inserts into a shard wait for it. The shards stay as many as they
  /// are: with fewer items than shards, some hold nothing.
  void set_limits(std::optional<std::size_t> max_items, std::optional<std::size_t> max_size_bytes);

  /// All but the name and the availability, which are the tier's.
  [[nodiscard]] TierStats stats() const;

  [[nodiscard]] std::size_t shard_count() const { return shards_.size(); }

  /// For tests: walks the whole cache and throws `std::logic_error` if an invariant does not hold.
  void check_invariants() const;

private:
  static constexpr std::size_t kMaxShards = 16;
  // Of the hash: the bits below choose the place in a table, those above are its tag.
  static constexpr unsigned kShardShift = 40;

  [[nodiscard]] static std::size_t shard_count_for(const Config& config);
  [[nodiscard]] static std::int64_t ticks(WallTime time) { return time.time_since_epoch().count(); }
  [[nodiscard]] static std::uint32_t charge_of(const Entry& entry);
  [[nodiscard]] static float cost_of(const Entry& entry);

  [[nodiscard]] std::size_t shard_of(std::uint64_t hash) const {
    return (hash >> kShardShift) & shard_mask_;
  }
  [[nodiscard]] MemoryShard& shard_for(std::uint64_t hash) const {
    return *shards_[shard_of(hash)];
  }
  [[nodiscard]] CacheLimits limits_of_shard(std::size_t index, std::size_t count) const;
  [[nodiscard]] PolicyKind present_policy() const;
  /// The look-up after the quick one found nothing.
  [[nodiscard]] std::optional<Entry> find_surely(const CacheKey& key,
                                                 WallTime now,
                                                 ReadSections::Section& section);
  /// Whether there is an entry under the key of `entry` that is no older; a use of it is noted.
  bool use_if_no_older(const Entry& entry, WallTime now);
  void sample(const Entry& entry, WallTime now, std::int64_t until);
  void dispose(MemoryShard::Removed& removed);

  Mutex limits_mutex_;  // held while all shards are told: they follow one call, not two in part
  const std::chrono::seconds ttl_;
  const PolicyKind policy_;
  std::atomic<std::size_t> max_items_;
  std::atomic<std::size_t> max_size_bytes_;
  ReadSections sections_;
  Reclaimer reclaimer_{sections_};
  std::unique_ptr<RequestSample> sample_;  // null: no forecast
  std::size_t shard_mask_;
  alignas(64) std::array<MemoryShard::Window, kMaxShards> windows_;
  std::vector<std::unique_ptr<MemoryShard>> shards_;
  std::atomic<std::uint64_t> keeps_{0};      // look-ups that are counted as hits and are none
  std::atomic<std::size_t> sweep_shard_{0};  // where the next sweep begins; any value is right
};

}  // namespace refrain
