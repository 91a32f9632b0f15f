#pragma once

/// @file
/// What a memory tier keeps of an entry, inside the entry.

#include <boost/intrusive/list_hook.hpp>

#include <atomic>
#include <cstdint>

namespace refrain {

/// The part of an entry that belongs to the memory tier which holds it.
///
/// It lies in the entry's own allocation: a hit finds it on the lines it reads anyway, and holding
/// an entry takes no second allocation. An entry is resident in one cache at a time; a second cache
/// makes itself a copy.
///
/// Thread safety: what a hit writes is atomic, and lost updates are harmless. `hash`, `charge`
/// and `cost` follow from the entry, and are written once. All else is guarded by the lock of the
/// cache's shard.
struct Resident {
  using Hook = boost::intrusive::list_member_hook<
      boost::intrusive::link_mode<boost::intrusive::normal_link>>;

  Hook queue_hook;               ///< The policy's queue.
  Hook wheel_hook;               ///< The timing wheel's slot.
  std::uint64_t hash = 0;        ///< `CacheKey::hash`.
  std::uint32_t charge = 0;      ///< Bytes it counts for.
  float cost = 0;                ///< Seconds that its generation took.
  std::uint32_t position = 0;    ///< In the policy's heap.
  std::uint16_t wheel_slot = 0;  ///< Which slot of the timing wheel it is in.
  std::uint8_t queue = 0;        ///< Which of the policy's queues it is in.
  std::uint8_t frequency = 0;    ///< Uses that the policy has seen, as it counts them.
  std::uint8_t age = 0;          ///< The policy's ageing period in which `frequency` was noted.
  std::atomic<bool> is_taken{false};  ///< Resident in some cache.

  std::atomic<std::uint8_t> uses{0};       ///< Hits that the policy has not seen yet, up to 255.
  std::atomic<std::int64_t> until{0};      ///< When it leaves, in milliseconds of `WallTime`.
  std::atomic<std::uint64_t> last_use{0};  ///< On the cache's logical clock.
};

}  // namespace refrain
