#include "refrain/cache/failure_backoff.h"

#include <algorithm>

namespace refrain {

bool FailureBackoff::is_waiting(CacheKey key) const {
  const MutexLock lock(mutex_);
  const auto found = failures_.find(key);
  return found != failures_.end() && clock_.steady_now() < found->second.until;
}

void FailureBackoff::record_failure(CacheKey key) {
  const SteadyTime now = clock_.steady_now();
  const MutexLock lock(mutex_);
  const auto found = failures_.find(key);
  if (found != failures_.end()) {
    found->second.delay = std::min(found->second.delay * 2, config_.longest);
    found->second.until = now + found->second.delay;
    return;
  }
  if (failures_.size() >= kMaxKeys) forget_old(now);
  if (failures_.size() >= kMaxKeys) return;
  failures_.emplace(key, Failure{now + config_.first, config_.first});
}

void FailureBackoff::record_success(CacheKey key) {
  const MutexLock lock(mutex_);
  failures_.erase(key);
}

void FailureBackoff::forget_old(SteadyTime now) {
  boost::unordered::erase_if(failures_,
                             [now](const auto& item) { return item.second.until <= now; });
}

}  // namespace refrain
