#pragma once

/// @file
/// How well a cache did on a trace.

#include <cstdint>

namespace refrain {

/// Sums over the requests of a trace, and over those of them that the cache answered.
struct Score {
  std::uint64_t requests = 0;
  std::uint64_t hits = 0;
  std::uint64_t bytes_asked = 0;
  std::uint64_t bytes_hit = 0;
  double seconds_asked = 0;  ///< Of generation, if there were no cache.
  double seconds_saved = 0;

  void count(std::uint32_t size, double seconds, bool is_hit) {
    ++requests;
    bytes_asked += size;
    seconds_asked += seconds;
    if (!is_hit) return;
    ++hits;
    bytes_hit += size;
    seconds_saved += seconds;
  }

  [[nodiscard]] double hit_ratio() const {
    return requests == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(requests);
  }
  [[nodiscard]] double byte_hit_ratio() const {
    return bytes_asked == 0 ? 0 : static_cast<double>(bytes_hit) / static_cast<double>(bytes_asked);
  }
  [[nodiscard]] double seconds_ratio() const {
    return seconds_asked == 0 ? 0 : seconds_saved / seconds_asked;
  }
};

}  // namespace refrain
