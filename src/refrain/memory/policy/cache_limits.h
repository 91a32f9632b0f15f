#pragma once

/// @file
/// How much a cache may hold.

#include <cstddef>

namespace refrain {

/// Entries and bytes: of a limit, both bind; of a load, both are counted.
struct CacheLimits {
  std::size_t items = 0;
  std::size_t bytes = 0;

  /// `share` of both, rounded down.
  [[nodiscard]] CacheLimits part(double share) const {
    return {static_cast<std::size_t>(static_cast<double>(items) * share),
            static_cast<std::size_t>(static_cast<double>(bytes) * share)};
  }

  /// Whether this load is more than `limit` in either respect.
  [[nodiscard]] bool exceeds(const CacheLimits& limit) const {
    return items > limit.items || bytes > limit.bytes;
  }

  void add(std::size_t charge) {
    ++items;
    bytes += charge;
  }
  void subtract(std::size_t charge) {
    --items;
    bytes -= charge;
  }

  friend bool operator==(const CacheLimits&, const CacheLimits&) = default;
};

}  // namespace refrain
