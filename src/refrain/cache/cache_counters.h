#pragma once

/// @file
/// What a cache counts of its requests, on the hot path.

#include "refrain/cache/answer.h"
#include "refrain/cache/cache_stats.h"
#include "refrain/cache/generation_lease.h"
#include "refrain/core/striped_counter.h"

#include <chrono>

namespace refrain {

/// Counts every request once, by its disposition.
///
/// Thread safety: any.
class CacheCounters {
public:
  void count(const Answer& answer);

  /// A request that ended in an error instead of an answer.
  void count_error(Disposition disposition);

  /// A look-up alone (by digest) that found nothing: a miss, though nothing was generated.
  void count_miss() { miss_.add(); }

  void count_rejected() { rejected_.add(); }
  void begin_generation() { running_.add(); }
  void end_generation(std::chrono::nanoseconds duration, bool has_failed);

  /// An attempt to share a generation with other instances.
  void count(const GenerationLease::Turn& turn);
  void count_lease_taken() { lease_taken_.add(); }
  void count_lease_answered() { lease_answered_.add(); }
  void count_lease_lost() { lease_lost_.add(); }

  [[nodiscard]] LeaseStats lease() const;

  /// The requests and generations so far; the tiers are left empty.
  [[nodiscard]] CacheStats snapshot() const;

private:
  StripedCounter hit_, stale_, miss_, bypass_, coalesced_, error_;
  StripedCounter generated_, failed_, running_, rejected_, spent_ns_, saved_ns_;
  StripedCounter lease_taken_, lease_waits_, lease_answered_, lease_timeouts_, lease_unavailable_,
      lease_lost_;
};

}  // namespace refrain
