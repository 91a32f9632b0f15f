#pragma once

/// @file
/// A counter that many threads may add to without sharing a cache line.

#include "refrain/core/thread_number.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace refrain {

/// A sum kept in stripes, one cache line each; a thread always adds to the same stripe.
///
/// Thread safety: any. `value()` is exact once the adding threads have been joined or synchronised
/// with, and never goes backwards for one reader while only positive amounts are added.
class StripedCounter {
public:
  void add(std::int64_t amount = 1) {
    stripes_[thread_number() % kStripes].value.fetch_add(amount, std::memory_order_relaxed);
  }

  [[nodiscard]] std::int64_t value() const {
    std::int64_t sum = 0;
    for (const Stripe& stripe : stripes_)
      sum += stripe.value.load(std::memory_order_relaxed);
    return sum;
  }

private:
  static constexpr std::size_t kStripes = 8;

  struct alignas(64) Stripe {
    std::atomic<std::int64_t> value{0};
  };

  std::array<Stripe, kStripes> stripes_;
};

}  // namespace refrain
