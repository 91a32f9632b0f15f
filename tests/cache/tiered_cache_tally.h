#pragma once

/// @file
/// What the callers of a cache saw, to be compared with what it counted.

#include "refrain/cache/tiered_cache.h"

#include "support/flaky_tier.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <vector>

namespace refrain::testing {

/// Thread safety: any.
class Tally {
public:
  void note(const Answer& answer, CacheKey wanted) {
    switch (answer.disposition()) {
      case Disposition::kHit:
        ++hit;
        break;
      case Disposition::kStale:
        ++stale;
        break;
      case Disposition::kMiss:
        ++miss;
        break;
      case Disposition::kBypass:
        ++bypass;
        break;
    }
    if (answer.is_coalesced()) ++coalesced;
    if (answer.entry().key() != wanted) ++foreign;
  }

  void note(const Result<Answer>& answer, CacheKey wanted, const CacheDirectives& directives) {
    if (answer) {
      note(*answer, wanted);
      return;
    }
    ++error;
    ++(directives.no_store ? bypass : miss);
  }

  /// The sums of docs and API: every request once, every look-up once, every entry once.
  void expect_equal(const TieredCache& cache,
                    const std::vector<FlakyTier*>& tiers,
                    std::int64_t generator_calls) const {
    const CacheStats stats = cache.stats();
    EXPECT_EQ(stats.requests.hit, hit);
    EXPECT_EQ(stats.requests.stale, stale);
    EXPECT_EQ(stats.requests.miss, miss);
    EXPECT_EQ(stats.requests.bypass, bypass);
    EXPECT_EQ(stats.requests.coalesced, coalesced);
    EXPECT_EQ(stats.requests.error, error);
    EXPECT_LE(stats.requests.coalesced + stats.requests.error,
              stats.requests.miss + stats.requests.bypass);
    EXPECT_EQ(stats.generation.count, generator_calls);
    EXPECT_LE(stats.generation.failed, stats.generation.count);
    EXPECT_EQ(stats.generation.running, 0);
    EXPECT_EQ(foreign, 0) << "an answer belonged to another key";
    for (const FlakyTier* tier : tiers) {
      const TierStats counted = tier->stats();
      EXPECT_EQ(counted.hits + counted.misses, tier->lookups()) << counted.name;
      EXPECT_EQ(counted.insertions - counted.removals.total(), counted.items) << counted.name;
    }
  }

  std::atomic<std::int64_t> hit{0};
  std::atomic<std::int64_t> stale{0};
  std::atomic<std::int64_t> miss{0};
  std::atomic<std::int64_t> bypass{0};
  std::atomic<std::int64_t> coalesced{0};
  std::atomic<std::int64_t> error{0};
  std::atomic<std::int64_t> foreign{0};
};

}  // namespace refrain::testing
