#include "refrain/redis/missed_inserts.h"

#include <utility>

namespace refrain {

void MissedInserts::remember(Entry entry) {
  const CacheKey key = entry.key();
  const WallTime created = entry.metadata().created;
  const MutexLock lock(mutex_);
  if (is_on_its_way(key)) {
    if (on_its_way_->created > created) return;
    on_its_way_->is_overtaken = true;
  }
  if (const auto known = by_key_.find(key); known != by_key_.end()) {
    if (known->second->metadata().created > created) return;
    remove(known->second);
  }
  add(waiting_.end(), std::move(entry), Turn::kNext);
}

void MissedInserts::begin_round() {
  const MutexLock lock(mutex_);
  next_ = waiting_.begin();
}

std::optional<Entry> MissedInserts::take(WallTime now) {
  const MutexLock lock(mutex_);
  while (next_ != waiting_.end()) {
    Entry oldest = *next_;
    remove(next_);
    if (oldest.is_usable(now)) {
      OnItsWay on_its_way;
      on_its_way.key = oldest.key();
      on_its_way.created = oldest.metadata().created;
      on_its_way_ = on_its_way;
      return oldest;
    }
    ++counts_.expired;
  }
  return std::nullopt;
}

bool MissedInserts::arrive() {
  const MutexLock lock(mutex_);
  const bool is_overtaken = on_its_way_ && on_its_way_->is_overtaken;
  on_its_way_.reset();
  return !is_overtaken;
}

bool MissedInserts::put_back(Entry entry, Turn turn) {
  const MutexLock lock(mutex_);
  const std::optional<OnItsWay> taken = std::exchange(on_its_way_, std::nullopt);
  if (taken && taken->is_overtaken) return false;
  if (taken && taken->is_changed) return true;
  add(next_, std::move(entry), turn);
  return true;
}

bool MissedInserts::forget(CacheKey key, WallTime newest) {
  const MutexLock lock(mutex_);
  if (is_on_its_way(key) && on_its_way_->created <= newest) on_its_way_->is_overtaken = true;
  const auto known = by_key_.find(key);
  if (known == by_key_.end() || known->second->metadata().created > newest) return false;
  remove(known->second);
  return true;
}

void MissedInserts::forget_changed(CacheKey key) {
  const MutexLock lock(mutex_);
  if (is_on_its_way(key)) on_its_way_->is_changed = true;
  if (const auto known = by_key_.find(key); known != by_key_.end()) remove(known->second);
}

void MissedInserts::forget_all() {
  const MutexLock lock(mutex_);
  if (on_its_way_) on_its_way_->is_overtaken = true;
  waiting_.clear();
  next_ = waiting_.end();
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

bool MissedInserts::is_on_its_way(CacheKey key) const {
  return on_its_way_ && on_its_way_->key == key;
}

void MissedInserts::remove(Waiting::iterator entry) {
  bytes_ -= entry->charge();
  by_key_.erase(entry->key());
  const bool is_next = entry == next_;
  const auto behind = waiting_.erase(entry);
  if (is_next) next_ = behind;
}

void MissedInserts::add(Waiting::iterator before, Entry entry, Turn turn) {
  bytes_ += entry.charge();
  const CacheKey key = entry.key();
  const auto added = waiting_.insert(before, std::move(entry));
  if (before == next_ && turn == Turn::kNext) next_ = added;
  by_key_.emplace(key, added);
  while (waiting_.size() > max_entries_ || bytes_ > max_bytes_) {
    remove(waiting_.begin());
    ++counts_.dropped;
  }
}

}  // namespace refrain
