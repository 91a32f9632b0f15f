#pragma once

/// @file
/// A request as a policy sees it.

#include <algorithm>
#include <cstdint>
#include <limits>

namespace refrain {

/// One request that was answered, from the cache or otherwise.
struct CacheAccess {
  std::uint64_t hash = 0;    ///< Of the key; uniform.
  std::uint32_t charge = 1;  ///< Bytes that the answer counts for.
  float cost = 1;            ///< Seconds that generating it takes.
  std::int64_t now = 0;      ///< When, on the clock that `until` is on.
  std::int64_t until = std::numeric_limits<std::int64_t>::max();  ///< When the answer is over.
};

/// The seconds that a cost counts for: a negative one, or none that is a number, is nothing, and
/// hours are no more than three. Sums of them are numbers, and one wrong measurement does not
/// outweigh all others for ever.
[[nodiscard]] inline float counted_seconds(float cost) {
  constexpr float kMostSeconds = 3 * 3600;
  return cost > 0 ? std::min(cost, kMostSeconds) : 0;
}

}  // namespace refrain
