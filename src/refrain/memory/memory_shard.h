#pragma once

/// @file
/// One part of a memory cache.

#include "refrain/cache/cache_key.h"
#include "refrain/cache/entry.h"
#include "refrain/cache/resident.h"
#include "refrain/cache/tier.h"
#include "refrain/cache/tier_stats.h"
#include "refrain/core/clock.h"
#include "refrain/core/mutex.h"
#include "refrain/memory/policy/cache_limits.h"
#include "refrain/memory/policy/policy_kind.h"
#include "refrain/memory/tag_table.h"
#include "refrain/memory/timing_wheel.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace refrain {

/// The entries of a part of all keys: a table to find them by, a policy for what leaves when there
/// is no room, and a timing wheel for what leaves when its time is over. Whoever changes it holds
/// its lock; whoever looks something up does not.
///
/// Thread safety: every member may be called from any thread.
/// Ownership: holds a reference on each of its entries. What leaves is handed to the caller, who
/// frees it when no reader can see it any more.
///
/// Invariants, whenever the lock is free: an entry is in the table, the policy and the wheel, or in
/// none; the load is within the limits; insertions less removals are the items.
class MemoryShard {
public:
  /// What left, to be freed after the lock is released. It is handed over when there is enough
  /// of it to be worth the reclaimer's work: 64 entries or 256 KiB, or a table.
  struct Removed {
    std::vector<Resident*> entries;
    std::unique_ptr<TagTable> table;
  };

  /// Where readers find the shard's table. Kept apart from the shard, together with those of the
  /// others, since that is all a hit needs of it.
  using Window = std::atomic<TagTable::View>;

  /// @pre `window` outlives the shard.
  MemoryShard(PolicyKind kind, const CacheLimits& limits, Window& window);
  MemoryShard(const MemoryShard&) = delete;
  MemoryShard& operator=(const MemoryShard&) = delete;
  ~MemoryShard();

  /// The entry under `key` for certain, or nothing. What is over leaves.
  [[nodiscard]] std::optional<Entry> find_surely(const CacheKey& key,
                                                 WallTime now,
                                                 Removed& removed);

  /// Takes in an entry, in place of any other under its key, and evicts until all is within the
  /// limits. Takes the reference over. What is too large only displaces.
  /// @pre `until` lies ahead, and the entry's `hash`, `charge`, `cost` and `last_use` are set.
  InsertOutcome insert(Resident& entry, WallTime now, PolicyKind kind, Removed& removed);

  void refuse();
  bool erase(const CacheKey& key, Removed& removed);
  void clear(Removed& removed);

  /// What a step of `sweep` did.
  struct Swept {
    std::size_t looked_at;  ///< Entries, and slots of the wheel.
    std::size_t expired;    ///< Entries that left.
    bool is_done;           ///< Nothing that is over by now is left.
  };

  /// Goes on to take out what is over, looking at no more than about `most` entries.
  Swept sweep(WallTime now, std::size_t most, Removed& removed);

  void set_limits(const CacheLimits& limits, Removed& removed);

  void add_to(TierStats& stats) const;
  [[nodiscard]] std::size_t fixed_bytes() const;

  /// Throws `std::logic_error` if an invariant does not hold.
  void check_invariants() const;

private:
  /// Takes an entry out of everything.
  void remove(Resident& entry, std::int64_t& cause) REFRAIN_REQUIRES(mutex_);
  /// Takes an entry out of the rest, which the policy and the wheel have let go of.
  void forget(Resident& entry, std::int64_t& cause) REFRAIN_REQUIRES(mutex_);
  void leave(Resident& entry) REFRAIN_REQUIRES(mutex_);
  void evict_surplus() REFRAIN_REQUIRES(mutex_);
  void resize_table(std::size_t capacity) REFRAIN_REQUIRES(mutex_);
  /// Gives back what the table does not need any more.
  void fit_table() REFRAIN_REQUIRES(mutex_);
  void run(PolicyKind kind) REFRAIN_REQUIRES(mutex_);
  /// What left, if it is enough; everything that did.
  [[nodiscard]] Removed hand_over() REFRAIN_REQUIRES(mutex_);
  [[nodiscard]] Removed hand_over_all() REFRAIN_REQUIRES(mutex_);
  [[nodiscard]] CacheLimits room() const REFRAIN_REQUIRES(mutex_);

  /// Shows another table to the readers, and retires the present one.
  void publish(std::unique_ptr<TagTable> table) REFRAIN_REQUIRES(mutex_);

  Window& window_;  // of table_, changed under mutex_

  mutable Mutex mutex_;
  std::unique_ptr<TagTable> table_ REFRAIN_GUARDED_BY(mutex_);
  CacheLimits limits_ REFRAIN_GUARDED_BY(mutex_);
  CacheLimits load_ REFRAIN_GUARDED_BY(mutex_);
  PolicyKind kind_ REFRAIN_GUARDED_BY(mutex_);
  std::unique_ptr<EvictionPolicy> policy_ REFRAIN_GUARDED_BY(mutex_);
  TimingWheel wheel_ REFRAIN_GUARDED_BY(mutex_);
  Removed leaving_ REFRAIN_GUARDED_BY(mutex_);
  std::size_t leaving_bytes_ REFRAIN_GUARDED_BY(mutex_) = 0;
  std::vector<Resident*> over_ REFRAIN_GUARDED_BY(mutex_);  // empty between calls
  std::int64_t insertions_ REFRAIN_GUARDED_BY(mutex_) = 0;
  std::int64_t refusals_ REFRAIN_GUARDED_BY(mutex_) = 0;
  Removals removals_ REFRAIN_GUARDED_BY(mutex_);
};

}  // namespace refrain
