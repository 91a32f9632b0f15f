#pragma once

/// @file
/// Lifetimes that differ a little, so that what was stored together does not end together.

#include <atomic>
#include <chrono>
#include <cstdint>

namespace refrain {

/// Shortens each lifetime by a random part of it, up to a share. Equal seeds give equal lifetimes.
///
/// Thread safety: any.
class LifetimeJitter {
public:
  /// @pre `0 <= share` and `share < 1`.
  LifetimeJitter(double share, std::uint64_t seed) : share_(share), state_(seed) {}

  /// At most `longest`, more than `longest` less its share, and at least 1 ms.
  /// @pre `longest` is at least 1 ms.
  [[nodiscard]] std::chrono::milliseconds shorten(std::chrono::milliseconds longest);

private:
  const double share_;
  std::atomic<std::uint64_t> state_;
};

}  // namespace refrain
