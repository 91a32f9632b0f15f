#pragma once

/// @file
/// A request as a policy sees it.

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

}  // namespace refrain
