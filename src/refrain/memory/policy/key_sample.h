#pragma once

/// @file
/// A part of all keys that stands for all.

#include <atomic>
#include <cstdint>
#include <limits>

namespace refrain {

/// Spatial sampling (Waldspurger, Park, Garthwaite and Ahmad, "Efficient MRC construction with
/// SHARDS", 2015): a key belongs to the sample or not, whenever it comes, so that a cache with the
/// same part of the room sees a workload of the same shape.
///
/// Thread safety: any thread may ask `has`; one at a time may call anything else.
class KeySample {
public:
  /// All keys.
  KeySample() = default;

  [[nodiscard]] bool has(std::uint64_t hash) const {
    // Multiplied, since the hash's own bits choose shards and places already.
    return hash * 0x9E37'79B9'7F4A'7C15U <= threshold_.load(std::memory_order_relaxed);
  }

  /// From 1 down to 2^-48.
  [[nodiscard]] double rate() const { return rate_; }

  /// Leaves every second key out.
  void halve() {
    rate_ /= 2;
    threshold_.store(threshold_.load(std::memory_order_relaxed) / 2, std::memory_order_relaxed);
  }

  /// All keys again.
  void restart() {
    rate_ = 1;
    threshold_.store(std::numeric_limits<std::uint64_t>::max(), std::memory_order_relaxed);
  }

private:
  std::atomic<std::uint64_t> threshold_{std::numeric_limits<std::uint64_t>::max()};
  double rate_ = 1;
};

}  // namespace refrain
