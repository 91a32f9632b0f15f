#pragma once

/// @file
/// Requests for policies to be tried on.

#include "refrain/memory/policy/cache_access.h"
#include "refrain/memory/policy/cache_limits.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace refrain::testing {

/// The hash of a numbered key, uniform as digests are.
inline std::uint64_t hash_of(std::uint64_t key) {
  std::uint64_t x = (key + 1) * 0x9E37'79B9'7F4A'7C15U;
  x = (x ^ x >> 30U) * 0xBF58'476D'1CE4'E5B9U;
  x = (x ^ x >> 27U) * 0x94D0'49BB'1331'11EBU;
  return x ^ x >> 31U;
}

inline CacheAccess access_to(std::uint64_t key, std::uint32_t charge = 1, float cost = 1) {
  CacheAccess access;
  access.hash = hash_of(key);
  access.charge = charge;
  access.cost = cost;
  return access;
}

/// As many entries, of any size.
inline CacheLimits items_only(std::size_t items) {
  return {items, std::numeric_limits<std::size_t>::max()};
}

/// Keys from 0 to `keys - 1`, the n-th of which is asked for in proportion to n to the power of
/// -`skew`.
class ZipfKeys {
public:
  explicit ZipfKeys(std::size_t keys, double skew = 0.99, unsigned seed = 1) : random_(seed) {
    double sum = 0;
    for (std::size_t n = 1; n <= keys; ++n)
      sums_.push_back(sum += std::pow(static_cast<double>(n), -skew));
  }

  std::uint64_t next() {
    const double at = std::uniform_real_distribution<>(0, sums_.back())(random_);
    const auto found = std::lower_bound(sums_.begin(), sums_.end(), at);
    return static_cast<std::uint64_t>(found - sums_.begin());
  }

private:
  std::vector<double> sums_;
  std::mt19937_64 random_;
};

}  // namespace refrain::testing
