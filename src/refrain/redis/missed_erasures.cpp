#include "refrain/redis/missed_erasures.h"

#include <algorithm>

namespace refrain {

bool MissedErasures::remember(CacheKey key, std::size_t shard, WallTime at) {
  const MutexLock lock(mutex_);
  const auto known = keys_.find(key);
  if (known != keys_.end()) {
    known->second.number = next_number_++;
    known->second.at = std::max(known->second.at, at);
    return true;
  }
  if (keys_.size() >= max_keys_) return false;
  Place place;
  place.shard = shard;
  place.at = at;
  place.number = next_number_++;
  keys_.emplace(key, place);
  ++by_shard_[shard];
  count_.store(keys_.size(), std::memory_order_release);
  return true;
}

bool MissedErasures::has(CacheKey key) const {
  if (is_empty()) return false;
  const MutexLock lock(mutex_);
  return keys_.contains(key);
}

bool MissedErasures::hides(CacheKey key, std::size_t shard) const {
  if (is_empty()) return false;
  const MutexLock lock(mutex_);
  return by_shard_.contains(shard) || keys_.contains(key);
}

bool MissedErasures::hides_shard(std::size_t shard) const {
  if (is_empty()) return false;
  const MutexLock lock(mutex_);
  return by_shard_.contains(shard);
}

std::vector<MissedErasures::Waiting> MissedErasures::waiting() const {
  const MutexLock lock(mutex_);
  std::vector<Waiting> all;
  all.reserve(keys_.size());
  for (const auto& [key, place] : keys_) {
    Waiting waiting;
    waiting.key = key;
    waiting.at = place.at;
    waiting.number = place.number;
    all.push_back(waiting);
  }
  return all;
}

void MissedErasures::settle(const Waiting& erased) {
  const MutexLock lock(mutex_);
  const auto known = keys_.find(erased.key);
  if (known == keys_.end() || known->second.number != erased.number) return;
  const auto shard = by_shard_.find(known->second.shard);
  if (--shard->second == 0) by_shard_.erase(shard);
  keys_.erase(known);
  count_.store(keys_.size(), std::memory_order_release);
}

void MissedErasures::forget_all() {
  const MutexLock lock(mutex_);
  keys_.clear();
  by_shard_.clear();
  count_.store(0, std::memory_order_release);
}

}  // namespace refrain
