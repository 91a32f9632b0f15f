#include "refrain/redis/written_keys.h"

namespace refrain {

void WrittenKeys::record(CacheKey key, WallTime until, std::size_t size_bytes) {
  MutexLock lock(mutex_);
  if (const auto old = by_key_.find(key); old != by_key_.end()) remove(old, &Removals::replaced);
  if (by_key_.size() >= max_keys_)
    remove(by_key_.find(by_expiry_.begin()->second), &Removals::capacity);
  Written written;
  written.position = by_expiry_.emplace(until, key);
  written.size_bytes = size_bytes;
  by_key_.emplace(key, written);
  counts_.size_bytes += static_cast<std::int64_t>(size_bytes);
  ++counts_.insertions;
}

void WrittenKeys::forget(CacheKey key, Cause cause) {
  MutexLock lock(mutex_);
  if (const auto written = by_key_.find(key); written != by_key_.end()) remove(written, cause);
}

void WrittenKeys::forget_missing(CacheKey key, WallTime now) {
  MutexLock lock(mutex_);
  const auto written = by_key_.find(key);
  if (written == by_key_.end()) return;
  const bool is_expired = written->second.position->first <= now;
  remove(written, is_expired ? &Removals::expired : &Removals::capacity);
}

void WrittenKeys::forget_all(Cause cause) {
  MutexLock lock(mutex_);
  counts_.removals.*cause += static_cast<std::int64_t>(by_key_.size());
  counts_.size_bytes = 0;
  by_key_.clear();
  by_expiry_.clear();
}

void WrittenKeys::forget_expired(WallTime now, std::size_t limit) {
  MutexLock lock(mutex_);
  while (limit-- > 0 && !by_expiry_.empty() && by_expiry_.begin()->first <= now)
    remove(by_key_.find(by_expiry_.begin()->second), &Removals::expired);
}

WrittenKeys::Counts WrittenKeys::counts() const {
  MutexLock lock(mutex_);
  Counts counts = counts_;
  counts.items = static_cast<std::int64_t>(by_key_.size());
  return counts;
}

void WrittenKeys::remove(ByKey::iterator written, Cause cause) {
  ++(counts_.removals.*cause);
  counts_.size_bytes -= static_cast<std::int64_t>(written->second.size_bytes);
  by_expiry_.erase(written->second.position);
  by_key_.erase(written);
}

}  // namespace refrain
