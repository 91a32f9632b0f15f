#pragma once

/// @file
/// How much a cache may hold.

#include <cstddef>
#include <limits>

namespace refrain {

/// Entries and bytes: of a limit, both bind; of a load, both are counted.
struct CacheLimits {
  std::size_t items = 0;
  std::size_t bytes = 0;

  /// `share` of both, rounded down. What is too much to be counted is the most there is: no limit
  /// at all stays none.
  [[nodiscard]] CacheLimits part(double share) const {
    return {part_of(items, share), part_of(bytes, share)};
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

private:
  static std::size_t part_of(std::size_t whole, double share) {
    constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max();
    const double part = static_cast<double>(whole) * share;
    return part < static_cast<double>(kMost) ? static_cast<std::size_t>(part) : kMost;
  }
};

}  // namespace refrain
