#pragma once

/// @file
/// What the benchmarks of the disk store: objects of a sticker's size that nothing can compress.

#include "refrain/cache/cache_key.h"

#include "disk/numbered_key.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace refrain::bench {

/// `size()` objects, the same in every process: sizes are log-normal with a mean of about 30 KB,
/// bytes are random.
class DiskObjects {
public:
  explicit DiskObjects(std::size_t count) : bytes_(kPoolSize, '\0') {
    std::mt19937_64 random(7);
    std::lognormal_distribution<double> size(kMeanOfLogarithm, kSigma);
    for (std::size_t i = 0; i < count; ++i)
      sizes_.push_back(static_cast<std::uint32_t>(std::clamp(size(random), 500.0, kLargest)));
    for (std::size_t i = 0; i < kPoolSize; i += sizeof(std::uint64_t)) {
      const std::uint64_t word = random();
      std::memcpy(&bytes_[i], &word, sizeof word);
    }
  }

  [[nodiscard]] std::size_t size() const { return sizes_.size(); }
  [[nodiscard]] static CacheKey key(std::size_t i) { return numbered_key(i); }
  /// Bodies are pieces of one pool: they overlap, but no two are equal.
  [[nodiscard]] std::string_view body(std::size_t i) const {
    return std::string_view(bytes_).substr(
        i * kStride % (kPoolSize - static_cast<std::size_t>(kLargest)), sizes_[i]);
  }
  [[nodiscard]] std::uint64_t payload_bytes() const {
    std::uint64_t sum = 0;
    for (const std::uint32_t size : sizes_)
      sum += size;
    return sum;
  }

private:
  static constexpr double kSigma = 0.8;
  static constexpr double kMeanOfLogarithm = 9.989;  // ln 30000 - sigma² / 2
  static constexpr double kLargest = 400'000;
  static constexpr std::size_t kPoolSize = std::size_t{64} << 20U;
  static constexpr std::size_t kStride = 104'729;  // a prime

  std::vector<std::uint32_t> sizes_;
  std::string bytes_;
};

}  // namespace refrain::bench
