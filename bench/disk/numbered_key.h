#pragma once

/// @file
/// Keys by number, as uniform as digests are.

#include "refrain/cache/cache_key.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace refrain::bench {

inline CacheKey numbered_key(std::uint64_t number) {
  std::array<std::uint8_t, CacheKey::kSize> digest{};
  for (std::size_t word = 0; word < 4; ++word) {
    // SplitMix64 (Steele, Lea, Flood 2014).
    std::uint64_t mixed = (number * 4 + word + 1) * 0x9E37'79B9'7F4A'7C15U;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58'476D'1CE4'E5B9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D0'49BB'1331'11EBU;
    mixed ^= mixed >> 31U;
    std::memcpy(&digest[word * 8], &mixed, sizeof mixed);
  }
  return CacheKey(digest);
}

}  // namespace refrain::bench
