#include "refrain/simulator/simulation_plan.h"

#include "refrain/simulator/trace.h"

#include <algorithm>
#include <cmath>

namespace refrain {

std::vector<std::uint64_t> SimulationPlan::default_sizes(const Trace& trace, CacheUnit unit) {
  constexpr double kSmallest = 0.005;
  constexpr double kLargest = 0.8;
  constexpr int kCount = 8;
  const double all = unit == CacheUnit::kItems ? static_cast<double>(trace.unique_keys())
                                               : static_cast<double>(trace.footprint_bytes());
  std::vector<std::uint64_t> sizes;
  for (int i = 0; i < kCount; ++i) {
    const double share = kSmallest * std::pow(kLargest / kSmallest, i / (kCount - 1.0));
    const double size = std::max(1.0, share * all);
    // Two digits are enough to say it, and the same on every machine.
    const double digit = std::pow(10.0, std::max(0.0, std::floor(std::log10(size)) - 1));
    sizes.push_back(static_cast<std::uint64_t>(std::round(size / digit) * digit));
  }
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  return sizes;
}

}  // namespace refrain
