#include "refrain/disk/write_behind.h"

#include <boost/asio/post.hpp>

#include <utility>

namespace refrain {
namespace {

Error detached() {
  return Error(ErrorCode::kUnavailable, "the disk cache is not available");
}

}  // namespace

WriteBehind::WriteBehind(const Config& config, boost::asio::thread_pool& pool, const Clock& clock)
    : pool_(pool),
      queue_(config.max_queued_bytes),
      breaker_(config.breaker, clock) {}

std::shared_ptr<SegmentStore> WriteBehind::store() const {
  const MutexLock lock(mutex_);
  return store_;
}

void WriteBehind::attach(std::shared_ptr<SegmentStore> store) {
  const MutexLock writing(writing_mutex_);
  const MutexLock lock(mutex_);
  // The one before is destroyed by the caller's argument, after the locks are released.
  store_.swap(store);
}

template <class T>
Result<T> WriteBehind::counted(Result<T> result) {
  if (!result) errors_.add();
  return result;
}

void WriteBehind::record_failure() {
  errors_.add();
  breaker_.record_outside_failure();
}

void WriteBehind::drop(const Entry& entry) {
  dropped_.add();
  // What the dropped entry was to replace must not answer in its place.
  if (const std::shared_ptr<SegmentStore> store = this->store())
    store->forget(entry.key(), &Removals::replaced);
}

InsertOutcome WriteBehind::insert(const Entry& entry) {
  const WriteQueue::Pushed pushed =
      breaker_.allows() ? queue_.push(entry) : WriteQueue::Pushed::kFull;
  if (pushed == WriteQueue::Pushed::kFull) {
    queue_.erase(entry.key());
    drop(entry);
    return InsertOutcome::kRefused;
  }
  if (pushed == WriteQueue::Pushed::kNeedsWriter) boost::asio::post(pool_, [this] { flush(); });
  return InsertOutcome::kStored;
}

void WriteBehind::flush() {
  while (write_one()) {
  }
}

bool WriteBehind::write_one() {
  const MutexLock writing(writing_mutex_);
  const std::optional<Entry> entry = queue_.next();
  if (!entry) return false;
  write(*entry);
  if (queue_.pop(*entry)) return true;
  // Whoever erased it meanwhile did not wait for the disk, and could not know that it gets there.
  if (const std::shared_ptr<SegmentStore> store = this->store())
    store->forget(entry->key(), &Removals::invalidated);
  return true;
}

void WriteBehind::write(const Entry& entry) {
  const std::shared_ptr<SegmentStore> store = this->store();
  std::optional<CircuitBreaker::Permit> permit = store ? breaker_.try_acquire() : std::nullopt;
  if (!permit) {
    drop(entry);
    return;
  }
  const Result<InsertOutcome> written = store->insert(entry);
  if (written) {
    permit->succeed();
    // It is over by now; what it was to replace may not be.
    if (*written == InsertOutcome::kRefused) store->forget(entry.key(), &Removals::replaced);
    return;
  }
  permit->fail();
  errors_.add();
  dropped_.add();
}

Result<bool> WriteBehind::erase(const CacheKey& key) {
  const MutexLock writing(writing_mutex_);
  const bool was_waiting = queue_.erase(key);
  const std::shared_ptr<SegmentStore> store = this->store();
  if (!store) return fail(detached());
  Result<bool> erased = counted(store->erase(key));
  if (erased) return *erased || was_waiting;
  return erased;
}

Result<void> WriteBehind::bury(const CacheKey& key) {
  const MutexLock writing(writing_mutex_);
  const std::shared_ptr<SegmentStore> store = this->store();
  if (!store) return fail(detached());
  return counted(store->bury(key));
}

Result<void> WriteBehind::clear(std::uint64_t epoch) {
  const MutexLock writing(writing_mutex_);
  queue_.clear();
  const std::shared_ptr<SegmentStore> store = this->store();
  if (!store) return fail(detached());
  return counted(store->clear(epoch));
}

}  // namespace refrain
