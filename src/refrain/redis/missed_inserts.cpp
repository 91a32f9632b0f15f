#include "refrain/redis/missed_inserts.h"

#include <utility>

namespace refrain {

void MissedInserts::remember(Entry entry) {
  const MutexLock lock(mutex_);
  if (const auto known = by_key_.find(entry.key()); known != by_key_.end()) {
    if (known->second->metadata().created > entry.metadata().created) return;
    remove(known->second);
  }
  add(waiting_.end(), std::move(entry));
}

void MissedInserts::put_back(Entry entry) {
  const MutexLock lock(mutex_);
  if (by_key_.contains(entry.key())) return;
  add(waiting_.begin(), std::move(entry));
}

std::optional<Entry> MissedInserts::take(WallTime now) {
  const MutexLock lock(mutex_);
  while (!waiting_.empty()) {
    Entry oldest = waiting_.front();
    remove(waiting_.begin());
    if (oldest.is_usable(now)) return oldest;
    ++counts_.expired;
  }
  return std::nullopt;
}

bool MissedInserts::forget(CacheKey key) {
  const MutexLock lock(mutex_);
  const auto known = by_key_.find(key);
  if (known == by_key_.end()) return false;
  remove(known->second);
  return true;
}

void MissedInserts::forget_all() {
  const MutexLock lock(mutex_);
  waiting_.clear();
  by_key_.clear();
  bytes_ = 0;
}

MissedInserts::Counts MissedInserts::counts() const {
  const MutexLock lock(mutex_);
  Counts counts = counts_;
  counts.waiting = static_cast<std::int64_t>(waiting_.size());
  counts.waiting_bytes = static_cast<std::int64_t>(bytes_);
  return counts;
}

void MissedInserts::remove(Waiting::iterator entry) {
  bytes_ -= entry->charge();
  by_key_.erase(entry->key());
  waiting_.erase(entry);
}

void MissedInserts::add(Waiting::iterator before, Entry entry) {
  bytes_ += entry.charge();
  const CacheKey key = entry.key();
  by_key_.emplace(key, waiting_.insert(before, std::move(entry)));
  while (waiting_.size() > max_entries_ || bytes_ > max_bytes_) {
    remove(waiting_.begin());
    ++counts_.dropped;
  }
}

}  // namespace refrain
