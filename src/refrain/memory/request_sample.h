#pragma once

/// @file
/// Brings a sample of a cache's requests to its forecaster.

#include "refrain/cache/tier_stats.h"
#include "refrain/core/mutex.h"
#include "refrain/core/thread_number.h"
#include "refrain/memory/policy/cache_access.h"
#include "refrain/memory/policy/forecaster.h"
#include "refrain/memory/read_sections.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace refrain {

/// A `Forecaster` that many threads feed. A thread collects a few requests before it hands them
/// over; if another is just doing that, they are dropped. Nobody who looks something up waits.
///
/// Thread safety: any member from any thread. Ownership: `sections` outlives it.
class RequestSample {
public:
  RequestSample(PolicyKind kind, const CacheLimits& limits, const ReadSections& sections)
      : forecaster_(kind, limits),
        sections_(sections) {}
  RequestSample(const RequestSample&) = delete;
  RequestSample& operator=(const RequestSample&) = delete;

  /// Whether requests for this key are to be added.
  [[nodiscard]] bool has(std::uint64_t hash) const { return forecaster_.samples(hash); }

  /// The policy that the cache should run.
  [[nodiscard]] PolicyKind choice() const { return forecaster_.choice(); }

  /// Adds a request that was answered.
  void add(const CacheAccess& access);
  /// Counts a request that is not to be added: an answer that the cache refused.
  void skip() { lost_.fetch_add(1, std::memory_order_relaxed); }

  /// Forgets a key.
  void erase(std::uint64_t hash);
  /// Forgets all keys.
  void clear();
  void set_limits(const CacheLimits& limits);

  /// Hands over what the threads have collected, and asks the forecaster.
  [[nodiscard]] std::vector<SizeForecast> forecast();
  [[nodiscard]] std::size_t bytes() const;
  [[nodiscard]] std::size_t most_bytes() const {
    return sizeof *this - sizeof forecaster_ + forecaster_.most_bytes();
  }

private:
  static constexpr std::size_t kStripes = 32;
  static constexpr std::size_t kBatch = 16;

  struct alignas(64) Stripe {
    std::atomic_flag is_busy;  // guards the rest, see `Claim`
    std::size_t count = 0;
    std::array<CacheAccess, kBatch> accesses;
  };

  /// A stripe for a scope, if nobody else has it: who does not get it goes away.
  class Claim;

  void hand_over(Stripe& stripe) REFRAIN_REQUIRES(mutex_);
  /// Hands over what all threads have collected.
  void gather() REFRAIN_REQUIRES(mutex_);

  mutable Mutex mutex_;
  Forecaster forecaster_;  // under mutex_, but for what any thread may ask of it
  const ReadSections& sections_;
  std::atomic<std::uint64_t> lost_{0};  // requests of the sample that the forecaster will not see
  std::array<Stripe, kStripes> stripes_;
};

}  // namespace refrain
