#pragma once

/// @file
/// What a cache would do with other sizes and other policies.

#include "refrain/cache/tier_stats.h"
#include "refrain/memory/policy/cache_access.h"
#include "refrain/memory/policy/cache_limits.h"
#include "refrain/memory/policy/key_sample.h"
#include "refrain/memory/policy/policy_kind.h"
#include "refrain/memory/policy/shadow_cache.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

namespace refrain {

/// Runs small shadows of a cache beside it: of half, the same, two and four times its size, and, if
/// its policy is adaptive, of every policy.
///
/// The shadows see a sample of the keys and have the same part of the room (miniature simulation:
/// Waldspurger, Saemundsson, Ahmad and Park, "Cache modeling and optimization using miniature
/// simulations", 2017). The sample shrinks as the cache grows, so memory and work stay bounded: at
/// most 1024 keys at the cache's own size, and four times that in any shadow.
///
/// Thread safety: any thread may ask `samples` and `choice`; one at a time calls anything else.
class Forecaster {
public:
  Forecaster(PolicyKind kind, const CacheLimits& limits);
  Forecaster(const Forecaster&) = delete;
  Forecaster& operator=(const Forecaster&) = delete;

  /// Whether requests for this key are to be recorded.
  [[nodiscard]] bool samples(std::uint64_t hash) const { return sample_.has(hash); }

  /// Requests for sampled keys, in order. `total` is the number of all requests so far, sampled or
  /// not.
  void record(std::span<const CacheAccess> accesses, std::uint64_t total);

  /// So many requests for sampled keys are part of `total` and will not be recorded.
  void lose(std::uint64_t requests) { lost_ += static_cast<double>(requests); }

  /// Forgets a key.
  void erase(std::uint64_t hash);

  /// Forgets all keys, not what it learnt.
  void clear();

  /// Follows new limits, and begins to learn anew.
  void set_limits(const CacheLimits& limits);

  /// The policy that the cache should run: its own or, if that is adaptive, the one that would save
  /// most generation seconds.
  [[nodiscard]] PolicyKind choice() const { return choice_.load(std::memory_order_relaxed); }

  /// By scale, the smallest first.
  [[nodiscard]] std::vector<SizeForecast> sizes() const;

  [[nodiscard]] double sample_rate() const { return sample_.rate(); }
  [[nodiscard]] std::size_t bytes() const;
  /// What `bytes` never exceeds: about a sixty-fourth of the cache's bytes, at
  /// least 100 KB and at most 3 MB.
  [[nodiscard]] std::size_t most_bytes() const;

private:
  struct Tally {
    double hits = 0;
    double seconds = 0;

    void age(double factor) {
      hits *= factor;
      seconds *= factor;
    }
  };

  struct Row {
    Row(PolicyKind kind, double the_scale, const CacheLimits& limits)
        : cache(kind, limits),
          scale(the_scale) {}

    ShadowCache cache;
    double scale;
    Tally period;              // since the period began
    Tally recent;              // of the periods before, ageing
    double seconds_saved = 0;  // of the periods before, for all keys
  };

  [[nodiscard]] std::size_t most_sampled(const CacheLimits& limits) const;
  [[nodiscard]] std::size_t most_held() const;
  [[nodiscard]] CacheLimits limits_at(double scale) const;
  [[nodiscard]] bool is_sample_too_large() const;
  [[nodiscard]] const Row& row_of(PolicyKind kind) const;
  void record_one(const CacheAccess& access);
  void halve_sample();
  void make_rows();
  void restart_sample();
  /// Forgets what the shadows hold, for a cache that has room for smaller ones only.
  void begin_smaller();
  void end_period();
  void begin_period();
  void choose();

  const bool is_adaptive_;
  CacheLimits limits_;
  std::atomic<std::size_t> most_sampled_;  // others ask for `most_bytes`
  KeySample sample_;
  std::atomic<PolicyKind> choice_;
  std::deque<Row> rows_;
  double sampled_ = 0;                    // requests since the period began
  double seconds_asked_ = 0;              // their cost
  double lost_ = 0;                       // of the sample and not recorded, since then
  std::uint64_t total_ = 0;               // of all requests
  std::uint64_t total_at_beginning_ = 0;  // of the period
  double recent_requests_ = 0;            // of the periods before, ageing
  double recent_seconds_ = 0;             // their cost
};

}  // namespace refrain
