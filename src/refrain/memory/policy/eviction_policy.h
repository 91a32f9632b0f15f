#pragma once

/// @file
/// Which entry a full cache gives up.

#include "refrain/cache/resident.h"
#include "refrain/memory/policy/cache_limits.h"

#include <cstddef>
#include <functional>

namespace refrain {

/// Keeps a cache's entries in the order in which it would give them up.
///
/// A hit does not call the policy: it leaves a note in the entry (`note_use`), and the policy reads
/// the notes of the entries it comes across when it needs room. So a hit takes no lock and moves
/// nothing, and all a policy ever knows of is order, uses, bytes and seconds.
///
/// Thread safety: none; the owner's lock guards every call. Ownership: entries are the owner's, and
/// stay where they are between `insert` and `erase`, `evict` or `release`.
class EvictionPolicy {
public:
  EvictionPolicy() = default;
  EvictionPolicy(const EvictionPolicy&) = delete;
  EvictionPolicy& operator=(const EvictionPolicy&) = delete;
  virtual ~EvictionPolicy() = default;

  /// Takes in an entry that was just missed, with `hash`, `charge`, `cost` and `last_use` set.
  virtual void insert(Resident& entry) = 0;

  /// Lets go of an entry for another's reason than want of room.
  virtual void erase(Resident& entry) = 0;

  /// Chooses an entry, lets go of it and returns it. It may be the newest.
  /// @pre There is an entry.
  virtual Resident& evict() = 0;

  /// Lets go of all entries, and hands them to `take`: those it would give up first come first, as
  /// far as that can be told without work.
  virtual void release(const std::function<void(Resident&)>& take) = 0;

  /// Follows new limits. Evicts nothing.
  virtual void set_limits(const CacheLimits& limits) = 0;

  /// Bytes of what it remembers besides the entries: fixed by the limits, not by what is held.
  [[nodiscard]] virtual std::size_t fixed_bytes() const = 0;
};

/// What a hit notes. `now` is a logical clock that never goes back for one thread; of a thread that
/// lags behind the others, a use makes no entry older.
inline void note_use(Resident& entry, std::uint64_t now) {
  if (now > entry.last_use.load(std::memory_order_relaxed))
    entry.last_use.store(now, std::memory_order_relaxed);
  const std::uint8_t uses = entry.uses.load(std::memory_order_relaxed);
  // A use that another thread notes at the same time may be lost: then it is one fewer of many.
  if (uses < 255) entry.uses.store(static_cast<std::uint8_t>(uses + 1), std::memory_order_relaxed);
}

/// The uses that were noted since this was asked before.
inline std::uint8_t take_uses(Resident& entry) {
  const std::uint8_t uses = entry.uses.load(std::memory_order_relaxed);
  if (uses != 0) entry.uses.store(0, std::memory_order_relaxed);
  return uses;
}

}  // namespace refrain
