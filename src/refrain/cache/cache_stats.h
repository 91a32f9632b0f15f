#pragma once

/// @file
/// The statistics of one service's cache: the only source of `/cache-status` and `/metrics`.

#include "refrain/cache/tier_stats.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace refrain {

/// Requests by how they were answered.
struct RequestStats {
  std::int64_t hit = 0;
  std::int64_t stale = 0;
  std::int64_t miss = 0;
  std::int64_t bypass = 0;
  std::int64_t coalesced = 0;  ///< Of the misses: those that joined another request's generation.
  std::int64_t error = 0;      ///< Of the misses and bypasses: those that ended in an error.

  [[nodiscard]] std::int64_t total() const { return hit + stale + miss + bypass; }

  /// Requests answered from a tier, as a share of all; 0 if there were none.
  [[nodiscard]] double hit_ratio() const {
    return total() == 0 ? 0.0 : static_cast<double>(hit + stale) / static_cast<double>(total());
  }
};

/// What generating cost, and what the cache saved.
struct GenerationStats {
  std::int64_t count = 0;  ///< Generations that ended, failed ones included.
  std::int64_t failed = 0;
  std::int64_t running = 0;
  std::int64_t rejected = 0;  ///< Generations not begun because too many were running.
  std::chrono::nanoseconds spent{};
  std::chrono::nanoseconds
      saved{};  ///< The cost of every entry that answered without a generation of its own.
};

/// How generations were shared with other instances.
struct LeaseStats {
  std::int64_t taken = 0;        ///< Generations under a lease of this instance.
  std::int64_t waits = 0;        ///< Times that another instance's generation was waited for.
  std::int64_t answered = 0;     ///< Generations spared: another instance's answer came instead.
  std::int64_t timeouts = 0;     ///< Waits that were given up; this instance then generated too.
  std::int64_t unavailable = 0;  ///< Generations without a lease, since none could be had.
  std::int64_t lost = 0;         ///< Leases that ended before their generation did.
};

struct CacheStats {
  RequestStats requests;
  GenerationStats generation;
  std::optional<LeaseStats> lease;  ///< If the cache has one.
  std::vector<TierStats> tiers;     ///< In the order in which they are asked.
};

}  // namespace refrain
