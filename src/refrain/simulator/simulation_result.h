#pragma once

/// @file
/// What a simulation found.

#include "refrain/memory/policy/policy_kind.h"
#include "refrain/simulator/score.h"
#include "refrain/simulator/simulation_plan.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace refrain {

/// What the optimum is called beside the policies.
inline constexpr std::string_view kOptimumName = "belady";

/// The scores of Belady's optimum and of each policy, at each size.
struct SimulationResult {
  std::string trace;  ///< Its name.
  std::size_t requests = 0;
  std::size_t unique_keys = 0;
  std::uint64_t footprint_bytes = 0;
  bool has_sizes = false;
  bool has_seconds = false;

  CacheUnit unit = CacheUnit::kItems;
  std::vector<std::uint64_t> sizes;
  std::vector<PolicyKind> policies;
  std::vector<Score> optimum;              ///< By size.
  std::vector<std::vector<Score>> scores;  ///< By policy, then by size.
};

}  // namespace refrain
