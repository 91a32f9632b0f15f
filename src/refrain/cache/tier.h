#pragma once

/// @file
/// One level of a cache, as its composition sees it.

#include "refrain/cache/cache_key.h"
#include "refrain/cache/entry.h"
#include "refrain/cache/tier_stats.h"
#include "refrain/core/result.h"
#include "refrain/core/task.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace refrain {

/// What became of an entry that was offered to a tier.
enum class InsertOutcome : std::uint8_t {
  kStored,
  kRefused,   ///< The tier is whole and said no: too large for it, or already expired. Counted.
  kDeferred,  ///< The part of the tier that it belongs to is away. As after `insert_later`.
};

/// What became of a key that was to be forgotten.
enum class EraseOutcome : std::uint8_t {
  kErased,
  kAbsent,   ///< There was nothing to forget.
  kPending,  ///< A tier is out of reach: it forgets the key before it answers again.
};

/// Where the body of an entry may lie that a tier answers with at once.
enum class BodyPlace : std::uint8_t {
  kMemory,
  kMemoryOrFile,  ///< The caller only sends it on, and can do so from a file.
};

/// What a tier can say of a key at once.
class ImmediateLookup {
public:
  /// The tier would have to wait: ask `find`. Nothing was counted.
  static ImmediateLookup must_wait() { return ImmediateLookup(false, std::nullopt); }
  static ImmediateLookup miss() { return ImmediateLookup(true, std::nullopt); }
  static ImmediateLookup hit(Entry entry) { return ImmediateLookup(true, std::move(entry)); }

  [[nodiscard]] bool is_known() const { return is_known_; }
  [[nodiscard]] std::optional<Entry>& entry() { return entry_; }

private:
  ImmediateLookup(bool is_known, std::optional<Entry> entry)
      : is_known_(is_known),
        entry_(std::move(entry)) {}

  bool is_known_;
  std::optional<Entry> entry_;
};

/// A level of a `TieredCache`: memory, disk, Redis, or anything else that can find and insert.
///
/// A tier never throws for what its medium does and never makes a caller wait longer than its own
/// budget. Entries past their `usable_until` are never returned; entries past `fresh_until` are,
/// since the composition decides about staleness. A shared tier may return an `Entry::erasure`. A
/// tier drops an entry `ttl` after it was inserted, unless the entry's own freshness ends no later
/// than that: then it is kept through its stale time.
///
/// Thread safety: every member may be called from any event loop at once. Coroutines resume on the
/// loop they were awaited on.
class Tier {
public:
  Tier() = default;
  Tier(const Tier&) = delete;
  Tier& operator=(const Tier&) = delete;
  virtual ~Tier() = default;

  /// `memory`, `disk` or `redis`: the name in statistics and headers.
  [[nodiscard]] virtual std::string_view name() const = 0;

  /// Whether other instances of the service use the same storage. A shared tier learns of their
  /// `clear` by itself and is not cleared again for it.
  [[nodiscard]] virtual bool is_shared() const { return false; }

  /// Whether this is another way to a tier that is in the list too: its entries and statistics are
  /// that one's.
  [[nodiscard]] virtual bool is_view() const { return false; }

  /// Whether it makes sense to ask now. An unavailable tier is skipped, and nothing is counted.
  [[nodiscard]] virtual bool is_available() const = 0;

  /// How long somebody who wants an answer waits for `find` and `insert` at most, if that is less
  /// than they may take. Whoever goes on then lets them run to their end all the same.
  [[nodiscard]] virtual std::optional<std::chrono::milliseconds> soft_budget() const {
    return std::nullopt;
  }

  /// The entry under `key` if that is known without waiting. Counts one hit or one miss when it is.
  /// Its body is in a file only if `place` allows that and the entry is fresh: a stale one is also
  /// handed to others who wait for the key, and they may want its bytes.
  [[nodiscard]] virtual ImmediateLookup find_now(CacheKey key, BodyPlace place) = 0;

  /// The entry under `key`, its body in memory, or nothing. Counts one hit or one miss; a failure
  /// counts as a miss and an error.
  virtual Task<Result<std::optional<Entry>>> find(CacheKey key) = 0;

  /// Stores `entry` under its own key, in place of any other.
  /// @pre The body is in memory.
  virtual Task<Result<InsertOutcome>> insert(Entry entry) = 0;

  /// Stores what a tier behind it has. In a shared tier another instance may have stored something
  /// newer, or have erased it, since this one was asked: that stays, and the outcome is `kRefused`,
  /// uncounted.
  /// @pre The body is in memory.
  virtual Task<Result<InsertOutcome>> fill(Entry entry) { return insert(std::move(entry)); }

  /// Inserts at once if that takes no waiting; false: it was not tried. Whether the tier then
  /// stored the entry or refused it, its statistics say. A tier that can do this can `erase_now`.
  /// @pre The body is in memory.
  virtual bool insert_now(const Entry& /*entry*/) { return false; }

  /// Told of what another tier has answered with: it has that too from now on, as for the time when
  /// a shared one is away, unless it has something as new already or would have to wait for it. Of
  /// an erasure: it forgets what is older.
  /// @pre The body is in memory.
  virtual void keep_now(const Entry& /*entry*/) {}

  /// Told of an entry that was to be inserted while the tier was unavailable. It may remember it,
  /// within bounds, and insert it when it is back. Waits for nothing.
  /// @pre The body is in memory.
  virtual void insert_later(const Entry& /*entry*/) {}

  /// Forgets `key`, for good: not even a crash brings it back. Returns whether there was anything.
  /// Called on an unavailable tier too, which waits for nothing then: it remembers, as long as the
  /// process lives, what it must forget before it answers again, or fails if what it holds is out
  /// of its reach.
  virtual Task<Result<bool>> erase(CacheKey key) = 0;

  /// Forgets what was put here and may be older than what is wanted by now: an answer made at
  /// `made`. What is younger is forgotten with it at most, to be found or made again, and is not
  /// kept from coming back.
  virtual Task<Result<bool>> take_back(CacheKey key, WallTime /*made*/) { return erase(key); }

  /// Whether it has yet to forget `key`, or everything, before it answers again.
  [[nodiscard]] virtual bool owes_erasure(CacheKey /*key*/) const { return false; }

  /// Erases at once if that takes no waiting; false: it was not tried.
  virtual bool erase_now(CacheKey /*key*/) { return false; }

  /// Forgets everything at once if that takes no waiting; false: it was not tried.
  virtual bool clear_now() { return false; }

  /// Forgets everything and remembers `epoch`, the first in which nothing of it is wanted.
  virtual Task<Result<void>> clear(std::uint64_t epoch) = 0;

  /// One step of cleaning, with a bounded amount of work: expired entries leave, sizes are
  /// enforced, and what a tier must do from time to time is done. Called by the janitor.
  virtual Task<void> sweep() = 0;

  [[nodiscard]] virtual TierStats stats() const = 0;
};

}  // namespace refrain
