#pragma once

/// @file
/// Entries that could not be inserted while a tier was away.

#include "refrain/cache/cache_key.h"
#include "refrain/cache/entry.h"
#include "refrain/core/clock.h"
#include "refrain/core/mutex.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>

namespace refrain {

/// The latest entry of each key that a tier has missed, bounded in number and bytes: when there is
/// no room, what has waited longest is given up. Entries share the memory of whoever else has them.
///
/// One entry at a time is on its way: from `take` until `arrive` or `put_back`. Whatever is said of
/// its key meanwhile overtakes it.
///
/// They are taken in rounds, the one that has waited longest first. Who cannot use one yet passes
/// it over, and finds it in its place in the next round.
///
/// Thread safety: any; one caller at a time takes. Invariant: each entry that was remembered waits,
/// or was taken, forgotten, replaced, or counted as given up or as expired.
class MissedInserts {
public:
  struct Counts {
    std::int64_t waiting = 0;
    std::int64_t waiting_bytes = 0;
    std::int64_t dropped = 0;  ///< Given up for want of room.
    std::int64_t expired = 0;
  };

  /// When an entry that is put back is taken again.
  enum class Turn : std::uint8_t { kNext, kNextRound };

  /// @param max_bytes Of what the entries are charged.
  MissedInserts(std::size_t max_entries, std::size_t max_bytes)
      : max_entries_(max_entries),
        max_bytes_(max_bytes),
        next_(waiting_.end()) {}

  /// Remembers `entry` in place of an older one of its key, and overtakes an older one on its way.
  void remember(Entry entry);

  /// Begins a round: the entry that has waited longest is next.
  void begin_round();

  /// Of those that this round has not come to the entry that has waited longest and is still usable
  /// at `now`; nothing at the end of the round. It waits no more and is on its way.
  [[nodiscard]] std::optional<Entry> take(WallTime now);

  /// What was taken has been dealt with. False if it was overtaken.
  bool arrive();

  /// `entry`, which was taken, could not be inserted: it waits again in its place, unless its key
  /// was changed meanwhile. False if it was overtaken.
  bool put_back(Entry entry, Turn turn);

  /// Forgets `key`, and overtakes it if it is on its way, unless it was made after `newest`.
  /// Returns whether it waited.
  bool forget(CacheKey key, WallTime newest = WallTime::max());
  /// Something newer than what waits is in the tier, or was erased there. What is on its way may be
  /// the change itself: it is not overtaken, but not put back either.
  void forget_changed(CacheKey key);
  void forget_all();

  [[nodiscard]] Counts counts() const;

private:
  using Waiting = std::list<Entry>;

  struct OnItsWay {
    CacheKey key;
    WallTime created;
    bool is_overtaken = false;
    bool is_changed = false;
  };

  [[nodiscard]] bool is_on_its_way(CacheKey key) const REFRAIN_REQUIRES(mutex_);
  void remove(Waiting::iterator entry) REFRAIN_REQUIRES(mutex_);
  /// Before `before`; what is added before the next one is the next itself if `turn` says so.
  void add(Waiting::iterator before, Entry entry, Turn turn) REFRAIN_REQUIRES(mutex_);

  const std::size_t max_entries_;
  const std::size_t max_bytes_;
  mutable Mutex mutex_;
  Waiting waiting_ REFRAIN_GUARDED_BY(mutex_);         // the oldest first
  Waiting::iterator next_ REFRAIN_GUARDED_BY(mutex_);  // what this round has come to
  boost::unordered_flat_map<CacheKey, Waiting::iterator, CacheKeyHash> by_key_
      REFRAIN_GUARDED_BY(mutex_);
  std::optional<OnItsWay> on_its_way_ REFRAIN_GUARDED_BY(mutex_);
  std::size_t bytes_ REFRAIN_GUARDED_BY(mutex_) = 0;
  Counts counts_ REFRAIN_GUARDED_BY(mutex_);
};

}  // namespace refrain
