#pragma once

/// @file
/// The generation of a service's cache: raising it forgets everything at once.

#include <atomic>
#include <cstdint>

namespace refrain {

/// A number that is part of every key and only ever rises. All instances that share a Redis agree
/// on the highest one any of them has seen.
///
/// Thread safety: any.
class Epoch {
public:
  static constexpr std::uint64_t kFirst = 1;

  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_acquire); }

  /// Takes over `seen` if it is higher. Returns whether it was.
  bool adopt(std::uint64_t seen) {
    std::uint64_t current = value_.load(std::memory_order_relaxed);
    while (seen > current) {
      if (value_.compare_exchange_weak(current, seen, std::memory_order_acq_rel)) return true;
    }
    return false;
  }

private:
  std::atomic<std::uint64_t> value_{kFirst};
};

}  // namespace refrain
