#include "refrain/disk/disk_cache.h"

#include "refrain/cache/epoch.h"
#include "refrain/core/offload_within.h"

#include <algorithm>
#include <utility>

namespace refrain {
namespace {

constexpr std::chrono::seconds kRetryInterval{5};
// Beyond them everything is erased: the store has been away for long, and much was forgotten.
constexpr std::size_t kMaxRememberedErasures = 10'000;

Error unavailable() {
  return Error(ErrorCode::kUnavailable, "the disk cache is not available");
}

Error late() {
  return Error(ErrorCode::kTimeout, "the disk did not answer in time");
}

DiskCache::Options as_owner(DiskCache::Options options) {
  options.mode = OpenMode::kOwner;
  return options;
}

WriteBehind::Config write_config(const DiskCache::Options& options) {
  WriteBehind::Config config;
  config.max_queued_bytes = options.max_queued_bytes;
  config.breaker = options.breaker;
  return config;
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

/// Takes one off in the end, whichever way that comes.
class CountedDown {
public:
  explicit CountedDown(std::atomic<std::size_t>& count) : count_(count) {}
  CountedDown(const CountedDown&) = delete;
  CountedDown& operator=(const CountedDown&) = delete;
  ~CountedDown() { count_.fetch_sub(1); }

private:
  std::atomic<std::size_t>& count_;
};

/// `earlier` and what a store counted until it was closed; its entries are gone with it.
SegmentStore::Stats closed_totals(SegmentStore::Stats earlier, const SegmentStore::Stats& last) {
  earlier.insertions += last.insertions;
  earlier.refusals += last.refusals;
  earlier.damaged += last.damaged;
  earlier.rewritten += last.rewritten;
  earlier.removals.capacity += last.removals.capacity;
  earlier.removals.expired += last.removals.expired;
  earlier.removals.invalidated += last.removals.invalidated + last.items;
  earlier.removals.replaced += last.removals.replaced;
  earlier.removals.corrupt += last.removals.corrupt;
  for (std::size_t i = 0; i < earlier.corruptions.size(); ++i)
    earlier.corruptions[i] += last.corruptions[i];
  return earlier;
}

}  // namespace

DiskCache::DiskCache(const Options& options, const Clock& clock, Log& log)
    : options_(as_owner(options)),
      clock_(clock),
      log_(log),
      reads_(std::make_shared<CircuitBreaker>(options.breaker, clock)),
      read_pool_(std::max<std::size_t>(options.threads, 1)),
      writes_(write_config(options), write_pool_, clock) {
  tend();
}

DiskCache::~DiskCache() {
  writes_.flush();
  {
    const MutexLock tending(tending_mutex_);
    static_cast<void>(clear_pending());
    static_cast<void>(erase_remembered());
  }
  write_pool_.join();
  read_pool_.join();
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
  return store() != nullptr && reads_->allows();
}

std::optional<ImmediateLookup> DiskCache::find_waiting(const CacheKey& key) {
  std::optional<Entry> waiting = writes_.find(key);
  if (!waiting) return std::nullopt;
  const bool is_hit = waiting->is_usable(clock_.now());
  (is_hit ? hits_ : misses_).add();
  return is_hit ? ImmediateLookup::hit(std::move(*waiting)) : ImmediateLookup::miss();
}

ImmediateLookup DiskCache::find_now(CacheKey key, BodyPlace place) {
  if (std::optional<ImmediateLookup> waiting = find_waiting(key)) return std::move(*waiting);
  const std::shared_ptr<SegmentStore> store = this->store();
  if (!store && !is_off()) return ImmediateLookup::must_wait();
  if (!store) {
    misses_.add();
    return ImmediateLookup::miss();
  }
  // Only `find` can be the probe that tells whether the disk is well again.
  if (reads_->state() != CircuitBreaker::State::kClosed && store->may_hold(key))
    return ImmediateLookup::must_wait();
  Result<ImmediateLookup> found = store->find_now(
      key, options_.transfer == DiskTransfer::kSendfile ? place : BodyPlace::kMemory);
  if (!found) {
    errors_.add();
    misses_.add();
    reads_->record_outside_failure();
    return ImmediateLookup::miss();
  }
  if (found->is_known()) (found->entry() ? hits_ : misses_).add();
  return std::move(*found);
}

Result<std::optional<Entry>> DiskCache::miss(std::optional<Error> error) {
  misses_.add();
  if (!error) return std::optional<Entry>();
  errors_.add();
  return fail(std::move(*error));
}

Task<Result<std::optional<Entry>>> DiskCache::find(CacheKey key) {
  if (std::optional<ImmediateLookup> waiting = find_waiting(key))
    co_return std::move(waiting->entry());
  std::shared_ptr<SegmentStore> store = this->store();
  if (!store) co_return miss(is_off() ? std::nullopt : std::optional(unavailable()));
  const std::shared_ptr<CircuitBreaker> breaker = reads_;
  std::optional<CircuitBreaker::Permit> permit = breaker->try_acquire();
  if (!permit) co_return miss(unavailable());
  if (waiting_reads_.fetch_add(1) >= options_.max_waiting_reads) {
    waiting_reads_.fetch_sub(1);
    Error busy(ErrorCode::kUnavailable, "too many reads wait for the disk");
    co_return miss(std::move(busy));
  }
  auto call = [this, key](SegmentStore& from) {
    const CountedDown waiting(waiting_reads_);
    return from.find(key);
  };
  auto work = on_store(std::move(store), call);
  std::optional<Result<std::optional<Entry>>> found =
      co_await offload_within(read_pool_, options_.read_budget, std::move(work));
  if (!found) {
    permit->fail();
    co_return miss(late());
  }
  if (!*found) {
    permit->fail();
    co_return miss(std::move(found->error()));
  }
  permit->succeed();
  (found->value() ? hits_ : misses_).add();
  co_return std::move(*found);
}

Task<Result<InsertOutcome>> DiskCache::insert(Entry entry) {
  const std::shared_ptr<SegmentStore> store = this->store();
  if (is_off()) {
    refusals_when_off_.add();
    co_return InsertOutcome::kRefused;
  }
  if (!store) {
    errors_.add();
    co_return fail(unavailable());
  }
  if (store->refuses(entry)) {
    writes_.discard(entry.key());
    store->forget(entry.key(), &Removals::replaced);
    co_return InsertOutcome::kRefused;
  }
  co_return writes_.insert(entry);
}

void DiskCache::remember_erasure(CacheKey key) {
  const MutexLock lock(mutex_);
  if (must_erase_all_) return;
  remembered_erasures_.push_back(key);
  if (remembered_erasures_.size() <= kMaxRememberedErasures) return;
  remembered_erasures_.clear();
  must_erase_all_ = true;
}

Task<Result<bool>> DiskCache::erase(CacheKey key) {
  if (is_off()) co_return false;
  const bool was_waiting = writes_.discard(key);
  if (!is_available()) {
    remember_erasure(key);
    if (const std::shared_ptr<SegmentStore> store = this->store())
      store->forget(key, &Removals::invalidated);
    co_return was_waiting;
  }
  auto work = [this, key] {
    return writes_.erase(key);
  };
  std::optional<Result<bool>> erased =
      co_await offload_within(write_pool_, options_.read_budget, std::move(work));
  if (erased && *erased) co_return **erased || was_waiting;
  // Out of sight at once; for good as soon as the disk takes it.
  remember_erasure(key);
  if (const std::shared_ptr<SegmentStore> store = this->store())
    store->forget(key, &Removals::invalidated);
  co_return fail(erased ? std::move(erased->error()) : late());
}

Task<Result<void>> DiskCache::clear(std::uint64_t epoch) {
  if (is_off()) co_return Result<void>();
  auto work = [this, epoch] {
    return clear_blocking(epoch);
  };
  std::optional<Result<void>> cleared =
      co_await offload_within(write_pool_, options_.read_budget, std::move(work));
  if (!cleared) co_return fail(late());
  co_return std::move(*cleared);
}

Task<void> DiskCache::sweep() {
  // One at a time: while the disk does not answer, others are not to wait in line behind it.
  if (is_off() || is_tending_.exchange(true)) co_return;
  auto work = [this] {
    tend();
    is_tending_ = false;
    return true;
  };
  static_cast<void>(co_await offload_within(write_pool_, options_.read_budget, std::move(work)));
}

Result<void> DiskCache::clear_blocking(std::uint64_t epoch) {
  const MutexLock tending(tending_mutex_);
  // Remembered until it is done: what is on the disk now must not be served when it can be read
  // again.
  pending_clear_ = std::max(pending_clear_.value_or(0), epoch);
  if (this->store()) return clear_pending();
  errors_.add();
  return fail(unavailable());
}

Result<void> DiskCache::clear_pending() {
  {
    const MutexLock lock(mutex_);
    if (std::exchange(must_erase_all_, false) && !pending_clear_) pending_clear_ = 0;
  }
  if (!pending_clear_) return {};
  Result<void> cleared = writes_.clear(*pending_clear_);
  if (cleared) pending_clear_.reset();
  return cleared;
}

Result<void> DiskCache::erase_remembered() {
  std::vector<CacheKey> keys;
  {
    const MutexLock lock(mutex_);
    keys.swap(remembered_erasures_);
  }
  Result<void> erased;
  for (const CacheKey& key : keys) {
    if (erased) erased = writes_.bury(key);
    if (!erased) remember_erasure(key);
  }
  return erased;
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
    next_attempt_ = SteadyTime();
  }
  if (!store) {
    open();
    return;
  }
  // Both count what fails.
  static_cast<void>(clear_pending());
  static_cast<void>(erase_remembered());
  if (!store->sweep()) writes_.record_failure();
}

void DiskCache::close() {
  writes_.attach(nullptr);
  std::shared_ptr<SegmentStore> closing;
  const MutexLock lock(mutex_);
  closing = std::move(store_);
  store_ = nullptr;
  closed_ = closed_totals(closed_, closing->stats());
}

Result<void> DiskCache::make_ready(const std::shared_ptr<SegmentStore>& store) {
  writes_.attach(store);
  for (;;) {
    Result<void> done = clear_pending();
    if (done) done = erase_remembered();
    if (!done) {
      writes_.attach(nullptr);
      return done;
    }
    const MutexLock lock(mutex_);
    if (!remembered_erasures_.empty() || must_erase_all_) continue;
    store_ = store;
    return {};
  }
}

void DiskCache::open() {
  const SteadyTime now = clock_.steady_now();
  if (now < next_attempt_) return;
  next_attempt_ = now + kRetryInterval;
  Result<std::unique_ptr<SegmentStore>> opened = SegmentStore::open(options_, clock_, log_);
  Result<void> ready;
  if (opened) {
    ready = make_ready(std::move(*opened));
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
  stats.available = is_available();
  SegmentStore::Stats counted;
  SegmentStore::Stats closed;
  {
    const MutexLock lock(mutex_);
    if (store_) counted = store_->stats();
    closed = closed_;
  }
  DiskTierStats disk;
  stats.breakers = {stats_of(*reads_, "reads"), writes_.breaker_stats()};
  disk.state = stats.breakers.front().state;
  disk.write_state = stats.breakers.back().state;
  disk.queued = writes_.queued();
  disk.queued_bytes = writes_.queued_bytes();
  disk.dropped = writes_.dropped();
  disk.segments = counted.segments;
  disk.index_bytes = counted.index_bytes;
  stats.items = counted.items;
  stats.size_bytes = counted.size_bytes;
  counted.items = 0;
  const SegmentStore::Stats total = closed_totals(closed, counted);
  disk.rewritten = total.rewritten;
  for (std::size_t i = 0; i < total.corruptions.size(); ++i) {
    disk.corruptions.emplace_back(to_string(static_cast<Corruption::Kind>(i)),
                                  total.corruptions[i]);
  }
  stats.disk = std::move(disk);
  stats.insertions = total.insertions;
  stats.refusals = total.refusals + refusals_when_off_.value();
  stats.removals = total.removals;
  stats.errors = errors_.value() + writes_.errors() + total.damaged;
  stats.hits = hits_.value();
  stats.misses = misses_.value();
  return stats;
}

}  // namespace refrain
