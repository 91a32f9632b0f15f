#pragma once

/// @file
/// A small random number generator whose numbers are the same on every machine.

#include <cstddef>
#include <cstdint>

namespace refrain {

/// SplitMix64: G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators",
/// OOPSLA 2014; the constants are those of S. Vigna's https://prng.di.unimi.it/splitmix64.c (public
/// domain). The derived numbers avoid <random>, whose distributions differ between libraries.
class SplitMix64 {
public:
  static constexpr std::uint64_t kIncrement = 0x9e3779b97f4a7c15;

  explicit SplitMix64(std::uint64_t seed) : state_(seed) {}

  /// The number that belongs to a state: a bijection on 64 bits.
  static constexpr std::uint64_t mix(std::uint64_t state) {
    state = (state ^ (state >> 30U)) * 0xbf58476d1ce4e5b9;
    state = (state ^ (state >> 27U)) * 0x94d049bb133111eb;
    return state ^ (state >> 31U);
  }

  std::uint64_t next() { return mix(state_ += kIncrement); }

  /// From 0, inclusive, to 1, exclusive.
  double unit() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

  double between(double low, double high) { return low + (high - low) * unit(); }

  /// From 0 to `count - 1`. @pre `count` is not 0.
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(next() % count); }

private:
  std::uint64_t state_;
};

}  // namespace refrain
