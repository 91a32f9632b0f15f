#include "refrain/disk/write_queue.h"

namespace refrain {

WriteQueue::Pushed WriteQueue::push(const Entry& entry) {
  // Destroyed after the lock is released.
  std::optional<Entry> replaced;
  const MutexLock lock(mutex_);
  const auto found = waiting_.find(entry.key());
  if (found != waiting_.end()) {
    bytes_ -= found->second.entry.charge();
    replaced = std::move(found->second.entry);
    waiting_.erase(found);
  }
  if (bytes_ + entry.charge() > max_bytes_) return Pushed::kFull;
  bytes_ += entry.charge();
  waiting_.emplace(entry.key(), Waiting{entry, next_ticket_});
  order_.emplace_back(next_ticket_++, entry.key());
  return std::exchange(has_writer_, true) ? Pushed::kQueued : Pushed::kNeedsWriter;
}

std::optional<Entry> WriteQueue::find(const CacheKey& key) const {
  const MutexLock lock(mutex_);
  if (waiting_.empty()) return std::nullopt;
  const auto found = waiting_.find(key);
  if (found == waiting_.end()) return std::nullopt;
  return found->second.entry;
}

std::optional<Entry> WriteQueue::next() {
  const MutexLock lock(mutex_);
  while (!order_.empty()) {
    const auto& [ticket, key] = order_.front();
    const auto found = waiting_.find(key);
    if (found != waiting_.end() && found->second.ticket == ticket) return found->second.entry;
    order_.pop_front();
  }
  has_writer_ = false;
  return std::nullopt;
}

bool WriteQueue::pop(const Entry& entry) {
  const MutexLock lock(mutex_);
  const auto found = waiting_.find(entry.key());
  if (found == waiting_.end()) return false;
  if (&found->second.entry.resident() != &entry.resident()) return true;
  bytes_ -= entry.charge();
  waiting_.erase(found);
  return true;
}

bool WriteQueue::erase(const CacheKey& key) {
  const MutexLock lock(mutex_);
  const auto found = waiting_.find(key);
  if (found == waiting_.end()) return false;
  bytes_ -= found->second.entry.charge();
  waiting_.erase(found);
  return true;
}

void WriteQueue::clear() {
  const MutexLock lock(mutex_);
  waiting_.clear();
  order_.clear();
  bytes_ = 0;
}

std::size_t WriteQueue::size() const {
  const MutexLock lock(mutex_);
  return waiting_.size();
}

std::size_t WriteQueue::size_bytes() const {
  const MutexLock lock(mutex_);
  return bytes_;
}

}  // namespace refrain
