#include "refrain/memory/policy/tinylfu_policy.h"

#include "refrain/memory/policy/expected_items.h"

#include <algorithm>
#include <utility>

namespace refrain {

namespace {

constexpr int kMostFrequent = 15;  // as much as the sketch can say
constexpr double kProtectedShare = 0.8;
// Then frequencies are halved. The paper has ten; thirty hit more often on Zipf, and on the traces
// in docs/benchmarks_policies.md as often.
constexpr std::size_t kAccessesPerItem = 30;
// A candidate of this frequency is let in once in a while all the same: else who knows the hash
// could keep it out by making its victim look frequent (Caffeine's guard; one in 128).
constexpr std::uint8_t kWarm = 6;
constexpr unsigned kDiceShift = 32 - 7;

}  // namespace

TinyLfuPolicy::TinyLfuPolicy(const CacheLimits& limits) : sketch_(0) {
  set_limits(limits);
}

void TinyLfuPolicy::set_limits(const CacheLimits& limits) {
  limits_ = limits;
  expected_items_ = std::max<std::size_t>(expected_items(limits), 1);
  items_when_full_ = expected_items_;
  sketch_.resize(expected_items_);
  divide_room();
}

void TinyLfuPolicy::divide_room() {
  const double window_share = climber_.window_share();
  window_limits_ = limits_.part(window_share);
  window_limits_.items = std::max<std::size_t>(window_limits_.items, 1);
  protected_limits_ = limits_.part((1 - window_share) * kProtectedShare);
}

EntryQueue& TinyLfuPolicy::queue_of(const Resident& entry) {
  if (entry.queue == kWindow) return window_;
  return entry.queue == kProbation ? probation_ : protected_;
}

void TinyLfuPolicy::insert(Resident& entry) {
  count_accesses(0, 1);
  entry.frequency =
      static_cast<std::uint8_t>(std::min(sketch_.estimate(entry.hash) + 1, kMostFrequent));
  entry.age = age_;
  window_.push(entry);
  shrink(window_, window_limits_);
}

void TinyLfuPolicy::erase(Resident& entry) {
  if (candidate_ == &entry) candidate_ = nullptr;
  // It may be asked for again at once, as what is over or replaced often is.
  notice_uses(entry);
  sketch_.raise(entry.hash, frequency_of(entry));
  queue_of(entry).erase(entry);
}

std::uint8_t TinyLfuPolicy::frequency_of(const Resident& entry) const {
  const auto halvings = static_cast<std::uint8_t>(age_ - entry.age);
  return static_cast<std::uint8_t>(entry.frequency >> std::min<std::uint8_t>(halvings, 4));
}

bool TinyLfuPolicy::notice_uses(Resident& entry) {
  const std::uint8_t uses = take_uses(entry);
  entry.frequency = static_cast<std::uint8_t>(std::min(frequency_of(entry) + uses, kMostFrequent));
  entry.age = age_;
  count_accesses(uses, 0);
  return uses != 0;
}

void TinyLfuPolicy::count_accesses(std::size_t hits, std::size_t misses) {
  if (climber_.count(hits, misses, items_when_full_)) divide_room();
  accesses_ += hits + misses;
  if (accesses_ < kAccessesPerItem * items_when_full_) return;
  accesses_ /= 2;
  ++age_;
  sketch_.halve();
}

void TinyLfuPolicy::shrink(EntryQueue& from, const CacheLimits& limits) {
  while (!from.empty() && from.load().exceeds(limits)) {
    Resident& oldest = from.oldest();
    if (notice_uses(oldest)) {
      from.recycle_oldest();
      continue;
    }
    if (oldest.queue == kWindow) candidate_ = &oldest;
    from.erase(oldest);
    probation_.push(oldest);
  }
}

Resident& TinyLfuPolicy::find_victim() {
  for (;;) {
    EntryQueue& queue =
        !probation_.empty() ? probation_ : (!protected_.empty() ? protected_ : window_);
    Resident& oldest = queue.oldest();
    if (!notice_uses(oldest)) return oldest;
    if (oldest.queue != kProbation) {
      queue.recycle_oldest();
      continue;
    }
    if (candidate_ == &oldest) candidate_ = nullptr;
    probation_.erase(oldest);
    protected_.push(oldest);
    shrink(protected_, protected_limits_);
  }
}

Resident& TinyLfuPolicy::evict() {
  // It is full now: with large entries, that is far fewer of them than were expected.
  const std::size_t held = window_.load().items + probation_.load().items + protected_.load().items;
  items_when_full_ = std::min(expected_items_, held);
  Resident& victim = find_victim();
  Resident* leaving = &victim;
  if (Resident* const candidate = std::exchange(candidate_, nullptr)) {
    notice_uses(*candidate);
    if (!admits(*candidate, victim)) leaving = candidate;
  }
  sketch_.raise(leaving->hash, frequency_of(*leaving));
  queue_of(*leaving).erase(*leaving);
  return *leaving;
}

bool TinyLfuPolicy::admits(const Resident& candidate, const Resident& victim) {
  const std::uint8_t frequency = frequency_of(candidate);
  if (frequency > frequency_of(victim)) return true;
  if (frequency < kWarm) return false;
  dice_ = dice_ * 1664525U + 1013904223U;  // Numerical Recipes' generator: chance, no secret
  return dice_ >> kDiceShift == 0;
}

void TinyLfuPolicy::release(const std::function<void(Resident&)>& take) {
  candidate_ = nullptr;
  probation_.drain(take);
  window_.drain(take);
  protected_.drain(take);
}

}  // namespace refrain
