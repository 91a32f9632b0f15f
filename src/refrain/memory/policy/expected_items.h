#pragma once

/// @file
/// For how many entries a policy prepares.

#include "refrain/memory/policy/cache_limits.h"

#include <algorithm>
#include <cstddef>

namespace refrain {

/// At most how many entries a cache of `limits` will hold, as far as ghosts and sketches are
/// concerned: with 512 bytes an entry assumed, 8 bytes of memory for each are 1.6 % of the limit.
/// Smaller entries than that get a coarser memory.
inline std::size_t expected_items(const CacheLimits& limits) {
  return std::min(limits.items, limits.bytes / 512);
}

}  // namespace refrain
