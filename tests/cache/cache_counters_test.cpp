#include "refrain/cache/cache_counters.h"

#include "support/manual_clock.h"
#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <chrono>
#include <utility>

namespace refrain {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using testing::ManualClock;
using testing::sample_entry;
using testing::sample_key;

constexpr milliseconds kCost{800};  // of `sample_entry`

Answer answer_of(Disposition disposition) {
  return Answer(sample_entry(sample_key("a"), ManualClock().now()), disposition);
}

TEST(CacheCounters, StartAtNothing) {
  const CacheStats stats = CacheCounters().snapshot();

  EXPECT_EQ(stats.requests.total(), 0);
  EXPECT_EQ(stats.requests.hit_ratio(), 0.0);
  EXPECT_EQ(stats.generation.saved, nanoseconds(0));
  EXPECT_TRUE(stats.tiers.empty());
}

TEST(CacheCounters, CountEachAnswerOnceByItsDisposition) {
  CacheCounters counters;
  counters.count(answer_of(Disposition::kHit));
  counters.count(answer_of(Disposition::kStale));
  counters.count(answer_of(Disposition::kMiss));
  counters.count(answer_of(Disposition::kBypass));
  counters.count_miss();

  const RequestStats requests = counters.snapshot().requests;

  EXPECT_EQ(requests.hit, 1);
  EXPECT_EQ(requests.stale, 1);
  EXPECT_EQ(requests.miss, 2);
  EXPECT_EQ(requests.bypass, 1);
  EXPECT_EQ(requests.total(), 5);
  EXPECT_EQ(requests.hit_ratio(), 0.4);
}

TEST(CacheCounters, AnErrorIsAlsoAMissOrABypass) {
  CacheCounters counters;
  counters.count_error(Disposition::kMiss);
  counters.count_error(Disposition::kBypass);

  const RequestStats requests = counters.snapshot().requests;

  EXPECT_EQ(requests.error, 2);
  EXPECT_EQ(requests.miss, 1);
  EXPECT_EQ(requests.bypass, 1);
  EXPECT_EQ(requests.total(), 2);
}

TEST(CacheCounters, SaveTheCostOfEveryAnswerThatNeededNoGenerationOfItsOwn) {
  CacheCounters counters;
  counters.count(answer_of(Disposition::kHit));
  counters.count(answer_of(Disposition::kStale));
  counters.count(answer_of(Disposition::kMiss).coalesced());

  EXPECT_EQ(counters.snapshot().generation.saved, 3 * kCost);
  EXPECT_EQ(counters.snapshot().requests.coalesced, 1);
}

TEST(CacheCounters, SaveNothingByAMissOrABypass) {
  CacheCounters counters;
  counters.count(answer_of(Disposition::kMiss));
  counters.count(answer_of(Disposition::kBypass));

  EXPECT_EQ(counters.snapshot().generation.saved, nanoseconds(0));
}

TEST(CacheCounters, FollowGenerationsFromBeginToEnd) {
  CacheCounters counters;
  counters.begin_generation();
  counters.begin_generation();
  EXPECT_EQ(counters.snapshot().generation.running, 2);

  counters.end_generation(milliseconds(300), false);
  counters.end_generation(milliseconds(50), true);
  counters.count_rejected();

  const GenerationStats generation = counters.snapshot().generation;
  EXPECT_EQ(generation.running, 0);
  EXPECT_EQ(generation.count, 2);
  EXPECT_EQ(generation.failed, 1);
  EXPECT_EQ(generation.rejected, 1);
  EXPECT_EQ(generation.spent, milliseconds(350));
}

TEST(CacheCounters, CountWhatBecameOfAttemptsToShareAGeneration) {
  using Outcome = GenerationLease::Outcome;
  using Turn = GenerationLease::Turn;
  CacheCounters counters;

  counters.count(Turn(Outcome::kEnded, std::chrono::milliseconds(5)));
  counters.count(Turn(Outcome::kTooLong, std::chrono::milliseconds(5)));
  counters.count(Turn(Outcome::kAway));
  counters.count_lease_taken();
  counters.count_lease_answered();
  counters.count_lease_lost();

  const LeaseStats stats = counters.lease();
  EXPECT_EQ(stats.waits, 2);
  EXPECT_EQ(stats.timeouts, 1);
  EXPECT_EQ(stats.unavailable, 1);
  EXPECT_EQ(stats.taken, 1);
  EXPECT_EQ(stats.answered, 1);
  EXPECT_EQ(stats.lost, 1);
}

}  // namespace
}  // namespace refrain
