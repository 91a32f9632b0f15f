#include "refrain/memory/near_tier.h"

namespace refrain {

void NearTier::open() {
  const MutexLock lock(opening_);
  memory_->clear_now();
  is_open_.store(true, std::memory_order_release);
}

bool NearTier::insert_while_closed(const Entry& entry) {
  const MutexLock lock(opening_);
  if (is_open()) return false;
  memory_->insert_now(entry);
  return true;
}

void NearTier::keep_while_closed(const Entry& entry) {
  const MutexLock lock(opening_);
  if (!is_open()) memory_->keep_now(entry);
}

}  // namespace refrain
