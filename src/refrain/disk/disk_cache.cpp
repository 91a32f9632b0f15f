#include "refrain/disk/disk_cache.h"

#include "refrain/cache/epoch.h"
#include "refrain/core/offload.h"

#include <algorithm>
#include <utility>

namespace refrain {
namespace {

constexpr std::chrono::seconds kRetryInterval{5};

Error unavailable() {
  return Error(ErrorCode::kUnavailable, "the disk cache is not available");
}

DiskCache::Options as_owner(DiskCache::Options options) {
  options.mode = OpenMode::kOwner;
  return options;
}

/// Work for the pool that lets go of the store before its result is handed on, so that whoever
/// awaited it may open the directory again at once.
template <class Call>
auto on_store(std::shared_ptr<SegmentStore> store, Call call) {
  return [store = std::move(store), call = std::move(call)]() mutable {
    const std::shared_ptr<SegmentStore> held = std::move(store);
    return call(*held);
  };
}

/// `earlier` and what a store counted until it was closed; its entries are gone with it.
SegmentStore::Stats closed_totals(SegmentStore::Stats earlier, const SegmentStore::Stats& last) {
  earlier.insertions += last.insertions;
  earlier.refusals += last.refusals;
  earlier.damaged += last.damaged;
  earlier.removals.capacity += last.removals.capacity;
  earlier.removals.expired += last.removals.expired;
  earlier.removals.invalidated += last.removals.invalidated + last.items;
  earlier.removals.replaced += last.removals.replaced;
  earlier.removals.corrupt += last.removals.corrupt;
  return earlier;
}

}  // namespace

DiskCache::DiskCache(Options options, boost::asio::thread_pool& pool, const Clock& clock, Log& log)
    : options_(as_owner(std::move(options))),
      pool_(pool),
      clock_(clock),
      log_(log) {
  tend();
}

std::shared_ptr<SegmentStore> DiskCache::store() const {
  const MutexLock lock(mutex_);
  return store_;
}

std::uint64_t DiskCache::epoch() const {
  const std::shared_ptr<SegmentStore> store = this->store();
  return store ? store->epoch() : Epoch::kFirst;
}

bool DiskCache::is_available() const {
  return store() != nullptr;
}

template <class T>
Result<T> DiskCache::counted(Result<T> result) {
  if (!result) errors_.add();
  return result;
}

ImmediateLookup DiskCache::find_now(CacheKey key, BodyPlace /*place*/) {
  const std::shared_ptr<SegmentStore> store = this->store();
  if (!store && !is_off()) return ImmediateLookup::must_wait();
  if (store && store->may_hold(key)) return ImmediateLookup::must_wait();
  misses_.add();
  return ImmediateLookup::miss();
}

Task<Result<std::optional<Entry>>> DiskCache::find(CacheKey key) {
  std::shared_ptr<SegmentStore> store = this->store();
  if (!store) {
    misses_.add();
    if (is_off()) co_return std::optional<Entry>();
    errors_.add();
    co_return fail(unavailable());
  }
  auto call = [key](SegmentStore& from) {
    return from.find(key);
  };
  auto work = on_store(std::move(store), call);
  Result<std::optional<Entry>> found = co_await offload(pool_, std::move(work));
  const bool is_hit = found && found->has_value();
  (is_hit ? hits_ : misses_).add();
  co_return counted(std::move(found));
}

Task<Result<InsertOutcome>> DiskCache::insert(Entry entry) {
  std::shared_ptr<SegmentStore> store = this->store();
  if (is_off()) {
    refusals_when_off_.add();
    co_return InsertOutcome::kRefused;
  }
  if (!store) {
    errors_.add();
    co_return fail(unavailable());
  }
  auto call = [entry = std::move(entry)](SegmentStore& into) {
    return into.insert(entry);
  };
  auto work = on_store(std::move(store), std::move(call));
  Result<InsertOutcome> outcome = co_await offload(pool_, std::move(work));
  co_return counted(std::move(outcome));
}

Task<Result<bool>> DiskCache::erase(CacheKey key) {
  std::shared_ptr<SegmentStore> store = this->store();
  if (is_off()) co_return false;
  if (!store) {
    errors_.add();
    co_return fail(unavailable());
  }
  auto call = [key](SegmentStore& from) {
    return from.erase(key);
  };
  auto work = on_store(std::move(store), call);
  Result<bool> erased = co_await offload(pool_, std::move(work));
  co_return counted(std::move(erased));
}

Task<Result<void>> DiskCache::clear(std::uint64_t epoch) {
  if (is_off()) co_return Result<void>();
  auto work = [this, epoch] {
    return clear_blocking(epoch);
  };
  Result<void> cleared = co_await offload(pool_, std::move(work));
  co_return counted(std::move(cleared));
}

Task<void> DiskCache::sweep() {
  if (is_off()) co_return;
  auto work = [this] {
    tend();
    return true;
  };
  co_await offload(pool_, std::move(work));
}

Result<void> DiskCache::clear_blocking(std::uint64_t epoch) {
  const MutexLock tending(tending_mutex_);
  // Remembered until it is done: what is on the disk now must not be served when it can be read
  // again.
  pending_clear_ = std::max(pending_clear_.value_or(0), epoch);
  const std::shared_ptr<SegmentStore> store = this->store();
  if (!store) return fail(unavailable());
  return clear_pending(*store);
}

Result<void> DiskCache::clear_pending(SegmentStore& store) {
  if (!pending_clear_) return {};
  Result<void> cleared = store.clear(*pending_clear_);
  if (cleared) pending_clear_.reset();
  return cleared;
}

void DiskCache::tend() {
  if (is_off()) return;
  const MutexLock tending(tending_mutex_);
  std::shared_ptr<SegmentStore> store = this->store();
  if (store && !store->is_intact()) {
    log_.write(LogLevel::kWarning,
               "the disk cache's directory was changed by somebody else; opening it anew",
               {LogField("directory", options_.directory.string())});
    store.reset();
    close();
  }
  if (!store) {
    open();
    return;
  }
  if (!clear_pending(*store)) errors_.add();
  store->sweep();
}

void DiskCache::close() {
  std::shared_ptr<SegmentStore> closing;
  const MutexLock lock(mutex_);
  closing = std::move(store_);
  store_ = nullptr;
  closed_ = closed_totals(closed_, closing->stats());
}

void DiskCache::open() {
  const SteadyTime now = clock_.steady_now();
  if (now < next_attempt_) return;
  next_attempt_ = now + kRetryInterval;
  Result<std::unique_ptr<SegmentStore>> opened = SegmentStore::open(options_, clock_, log_);
  Result<void> ready;
  if (opened) {
    ready = clear_pending(**opened);
  } else {
    ready = fail(opened.error());
  }
  if (ready) {
    if (is_trouble_logged_) {
      log_.write(LogLevel::kInfo,
                 "the disk cache is available",
                 {LogField("directory", options_.directory.string())});
    }
    is_trouble_logged_ = false;
    const MutexLock lock(mutex_);
    store_ = std::move(*opened);
    return;
  }
  errors_.add();
  if (std::exchange(is_trouble_logged_, true)) return;
  log_.write(LogLevel::kError,
             "the disk cache is not available; going on without it",
             {LogField("directory", options_.directory.string()),
              LogField("reason", ready.error().message())});
}

TierStats DiskCache::stats() const {
  TierStats stats;
  stats.name = name();
  stats.max_size_bytes = std::max<std::int64_t>(options_.max_size_bytes, 0);
  stats.ttl = options_.ttl;
  stats.directory = options_.directory.string();
  SegmentStore::Stats counted;
  SegmentStore::Stats closed;
  {
    const MutexLock lock(mutex_);
    stats.available = store_ != nullptr;
    if (store_) counted = store_->stats();
    closed = closed_;
  }
  stats.items = counted.items;
  stats.size_bytes = counted.size_bytes;
  counted.items = 0;
  const SegmentStore::Stats total = closed_totals(closed, counted);
  stats.insertions = total.insertions;
  stats.refusals = total.refusals + refusals_when_off_.value();
  stats.removals = total.removals;
  stats.errors = errors_.value() + total.damaged;
  stats.hits = hits_.value();
  stats.misses = misses_.value();
  return stats;
}

}  // namespace refrain
