#pragma once

/// @file
/// What is to be simulated.

#include "refrain/memory/policy/policy_kind.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace refrain {

class Trace;

/// What limits a cache.
enum class CacheUnit : std::uint8_t { kItems, kBytes };

/// Caches to run a trace on: each policy, and Belady's optimum, at each size.
struct SimulationPlan {
  CacheUnit unit = CacheUnit::kItems;
  std::vector<std::uint64_t> sizes;  ///< In `unit`s, ascending, from 1.
  std::vector<PolicyKind> policies;
  std::size_t threads = 1;

  /// Eight sizes in even ratios between 0.5 % and 80 % of what the trace takes in all; fewer if
  /// there are not so many different ones.
  [[nodiscard]] static std::vector<std::uint64_t> default_sizes(const Trace& trace, CacheUnit unit);
};

}  // namespace refrain
