#include "refrain/cache/cache_counters.h"

namespace refrain {

void CacheCounters::count(const Answer& answer) {
  const bool is_saved = answer.disposition() == Disposition::kHit ||
                        answer.disposition() == Disposition::kStale || answer.is_coalesced();
  if (is_saved) saved_ns_.add(std::chrono::nanoseconds(answer.entry().metadata().cost).count());
  if (answer.is_coalesced()) coalesced_.add();
  switch (answer.disposition()) {
    case Disposition::kHit:
      hit_.add();
      break;
    case Disposition::kStale:
      stale_.add();
      break;
    case Disposition::kMiss:
      miss_.add();
      break;
    case Disposition::kBypass:
      bypass_.add();
      break;
  }
}

void CacheCounters::count_error(Disposition disposition) {
  (disposition == Disposition::kBypass ? bypass_ : miss_).add();
  error_.add();
}

void CacheCounters::end_generation(std::chrono::nanoseconds duration, bool has_failed) {
  running_.add(-1);
  generated_.add();
  if (has_failed) failed_.add();
  spent_ns_.add(duration.count());
}

void CacheCounters::count(const GenerationLease::Turn& turn) {
  if (turn.waited().count() > 0) lease_waits_.add();
  if (turn.outcome() == GenerationLease::Outcome::kTooLong) lease_timeouts_.add();
  if (turn.outcome() == GenerationLease::Outcome::kAway) lease_unavailable_.add();
}

LeaseStats CacheCounters::lease() const {
  LeaseStats stats;
  stats.taken = lease_taken_.value();
  stats.waits = lease_waits_.value();
  stats.answered = lease_answered_.value();
  stats.timeouts = lease_timeouts_.value();
  stats.unavailable = lease_unavailable_.value();
  stats.lost = lease_lost_.value();
  return stats;
}

CacheStats CacheCounters::snapshot() const {
  CacheStats stats;
  stats.requests.hit = hit_.value();
  stats.requests.stale = stale_.value();
  stats.requests.miss = miss_.value();
  stats.requests.bypass = bypass_.value();
  stats.requests.coalesced = coalesced_.value();
  stats.requests.error = error_.value();
  stats.generation.count = generated_.value();
  stats.generation.failed = failed_.value();
  stats.generation.running = running_.value();
  stats.generation.rejected = rejected_.value();
  stats.generation.spent = std::chrono::nanoseconds(spent_ns_.value());
  stats.generation.saved = std::chrono::nanoseconds(saved_ns_.value());
  return stats;
}

}  // namespace refrain
