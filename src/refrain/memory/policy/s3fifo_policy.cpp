#include "refrain/memory/policy/s3fifo_policy.h"

#include "refrain/memory/policy/expected_items.h"

#include <algorithm>
#include <cstdint>

namespace refrain {

namespace {

// The paper's numbers: a tenth of the room for the small queue, uses counted up to three.
constexpr double kSmallShare = 0.1;
constexpr std::uint8_t kMostUses = 3;
// A cache that remembers nobody would keep its main queue for ever, used or not.
constexpr std::size_t kFewestGhosts = 8;

}  // namespace

S3FifoPolicy::S3FifoPolicy(const CacheLimits& limits) : ghosts_(0) {
  set_limits(limits);
}

void S3FifoPolicy::set_limits(const CacheLimits& limits) {
  small_limits_ = limits.part(kSmallShare);
  ghosts_.resize(std::max(expected_items(limits), kFewestGhosts));
}

void S3FifoPolicy::insert(Resident& entry) {
  entry.frequency = 0;
  (ghosts_.take(entry.hash) ? main_ : small_).push(entry);
}

void S3FifoPolicy::erase(Resident& entry) {
  // What is over or replaced, and was used, is let into the main queue again.
  if (entry.queue == 1 || take_uses(entry) != 0) ghosts_.add(entry.hash);
  (entry.queue == 0 ? small_ : main_).erase(entry);
}

Resident& S3FifoPolicy::evict() {
  while (small_is_due()) {
    if (Resident* entry = evict_from_small()) return *entry;
  }
  return evict_from_main();
}

bool S3FifoPolicy::small_is_due() const {
  if (main_.empty()) return true;
  // The newest stays, though it be larger than the small queue's share: it could never be used
  // else.
  return small_.load().items > 1 && small_.load().exceeds(small_limits_);
}

Resident* S3FifoPolicy::evict_from_small() {
  Resident& entry = small_.oldest();
  small_.erase(entry);
  if (take_uses(entry) == 0) {
    ghosts_.add(entry.hash);
    return &entry;
  }
  main_.push(entry);
  return nullptr;
}

Resident& S3FifoPolicy::evict_from_main() {
  for (;;) {
    Resident& entry = main_.oldest();
    entry.frequency = std::min<std::uint8_t>(
        static_cast<std::uint8_t>(std::min(entry.frequency + take_uses(entry), 255)), kMostUses);
    if (entry.frequency == 0) {
      main_.erase(entry);
      return entry;
    }
    --entry.frequency;
    main_.recycle_oldest();
  }
}

void S3FifoPolicy::release(const std::function<void(Resident&)>& take) {
  small_.drain(take);
  main_.drain(take);
}

}  // namespace refrain
