#include "refrain/memory/memory_shard.h"

#include "refrain/cache/entry.h"

#include <algorithm>
#include <cassert>
#include <stdexcept>
#include <utility>

namespace refrain {

namespace {

// The reclaimer's lock is one for all shards.
constexpr std::size_t kEnoughRemoved = 64;
constexpr std::size_t kEnoughRemovedBytes = std::size_t{256} << 10U;

void require(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}

}  // namespace

MemoryShard::MemoryShard(PolicyKind kind, const CacheLimits& limits, Window& window)
    : window_(window),
      table_(std::make_unique<TagTable>(0)),
      limits_(limits),
      kind_(kind),
      policy_(make_policy(kind, limits)) {
  window_.store(table_->view(), std::memory_order_seq_cst);
}

MemoryShard::~MemoryShard() {
  // Nobody is left: what is still here goes at once.
  Removed removed;
  clear(removed);
  for (Resident* entry : removed.entries)
    const Entry last = Entry::reclaim(*entry);
}

CacheLimits MemoryShard::room() const {
  const std::size_t fixed = policy_->fixed_bytes();
  return {limits_.items, limits_.bytes - std::min(limits_.bytes, fixed)};
}

std::optional<Entry> MemoryShard::find_surely(const CacheKey& key, WallTime now, Removed& removed) {
  const MutexLock lock(mutex_);
  Resident* const entry = table_->view().find(key, key.hash());
  if (entry == nullptr) return std::nullopt;
  if (now.time_since_epoch().count() < entry->until.load(std::memory_order_relaxed))
    return Entry::share(*entry);
  remove(*entry, removals_.expired);
  removed = hand_over();
  return std::nullopt;
}

InsertOutcome MemoryShard::insert(Resident& entry,
                                  WallTime now,
                                  PolicyKind kind,
                                  Removed& removed) {
  const MutexLock lock(mutex_);
  run(kind);
  if (Resident* const older = table_->view().find(Entry::key_of(entry), entry.hash))
    remove(*older, removals_.replaced);
  const CacheLimits most = room();
  if (most.items == 0 || entry.charge > most.bytes) {
    ++refusals_;
    leave(entry);
    removed = hand_over();
    return InsertOutcome::kRefused;
  }
  if (table_->is_full()) resize_table(table_->capacity() * 2);
  policy_->insert(entry);  // the last that may fail for want of memory
  ++insertions_;
  load_.add(entry.charge);
  wheel_.insert(entry, now);
  table_->insert(entry);
  evict_surplus();
  removed = hand_over();
  return InsertOutcome::kStored;
}

void MemoryShard::evict_surplus() {
  const CacheLimits most = room();
  while (load_.exceeds(most)) {
    Resident& entry = policy_->evict();
    wheel_.erase(entry);
    forget(entry, removals_.capacity);
  }
}

void MemoryShard::remove(Resident& entry, std::int64_t& cause) {
  policy_->erase(entry);
  wheel_.erase(entry);
  forget(entry, cause);
}

void MemoryShard::forget(Resident& entry, std::int64_t& cause) {
  ++cause;
  table_->erase(entry);
  load_.subtract(entry.charge);
  leave(entry);
}

void MemoryShard::fit_table() {
  // One table at a time leaves: when it has just grown, the next removal comes here again.
  if (table_->is_sparse() && leaving_.table == nullptr) resize_table(table_->size() * 2);
}

void MemoryShard::leave(Resident& entry) {
  entry.is_taken.store(false, std::memory_order_release);
  leaving_.entries.push_back(&entry);
  leaving_bytes_ += entry.charge;
}

MemoryShard::Removed MemoryShard::hand_over() {
  fit_table();
  const bool is_enough = leaving_.entries.size() >= kEnoughRemoved ||
                         leaving_bytes_ >= kEnoughRemovedBytes || leaving_.table != nullptr;
  return is_enough ? hand_over_all() : Removed();
}

MemoryShard::Removed MemoryShard::hand_over_all() {
  fit_table();
  leaving_bytes_ = 0;
  return std::exchange(leaving_, {});
}

void MemoryShard::resize_table(std::size_t capacity) {
  auto resized = std::make_unique<TagTable>(capacity);
  table_->for_each([&resized](Resident& entry) { resized->insert(entry); });
  publish(std::move(resized));
}

void MemoryShard::publish(std::unique_ptr<TagTable> table) {
  assert(leaving_.table == nullptr);
  window_.store(table->view(), std::memory_order_seq_cst);
  leaving_.table = std::exchange(table_, std::move(table));
}

void MemoryShard::run(PolicyKind kind) {
  if (kind == kind_) return;
  kind_ = kind;
  const std::unique_ptr<EvictionPolicy> old = std::exchange(policy_, make_policy(kind, limits_));
  old->release([this](Resident& entry) REFRAIN_REQUIRES(mutex_) { policy_->insert(entry); });
  // The new one may remember more besides the entries.
  evict_surplus();
}

void MemoryShard::refuse() {
  const MutexLock lock(mutex_);
  ++refusals_;
}

bool MemoryShard::erase(const CacheKey& key, Removed& removed) {
  const MutexLock lock(mutex_);
  Resident* const entry = table_->view().find(key, key.hash());
  if (entry == nullptr) return false;
  remove(*entry, removals_.invalidated);
  removed = hand_over();
  return true;
}

void MemoryShard::clear(Removed& removed) {
  const MutexLock lock(mutex_);
  removals_.invalidated += static_cast<std::int64_t>(load_.items);
  load_ = {};
  wheel_.clear();
  policy_->release([this](Resident& entry) REFRAIN_REQUIRES(mutex_) { leave(entry); });
  publish(std::make_unique<TagTable>(0));
  removed = hand_over_all();
}

MemoryShard::Swept MemoryShard::sweep(WallTime now, std::size_t most, Removed& removed) {
  const MutexLock lock(mutex_);
  const TimingWheel::Step step = wheel_.advance(now, most, over_);
  const std::size_t expired = over_.size();
  for (Resident* entry : over_) {
    policy_->erase(*entry);
    forget(*entry, removals_.expired);
  }
  over_.clear();
  // Also the little that nobody came to fetch.
  removed = hand_over_all();
  return {step.looked_at, expired, step.is_done};
}

void MemoryShard::set_limits(const CacheLimits& limits, Removed& removed) {
  const MutexLock lock(mutex_);
  policy_->set_limits(limits);
  limits_ = limits;
  evict_surplus();
  removed = hand_over_all();
}

std::size_t MemoryShard::fixed_bytes() const {
  const MutexLock lock(mutex_);
  return policy_->fixed_bytes();
}

void MemoryShard::add_to(TierStats& stats) const {
  const MutexLock lock(mutex_);
  stats.items += static_cast<std::int64_t>(load_.items);
  stats.size_bytes += static_cast<std::int64_t>(load_.bytes);
  stats.insertions += insertions_;
  stats.refusals += refusals_;
  stats.removals.capacity += removals_.capacity;
  stats.removals.expired += removals_.expired;
  stats.removals.invalidated += removals_.invalidated;
  stats.removals.replaced += removals_.replaced;
}

void MemoryShard::check_invariants() const {
  const MutexLock lock(mutex_);
  CacheLimits load;
  table_->for_each([&load](Resident& entry) {
    load.add(entry.charge);
    require(entry.is_taken.load(std::memory_order_relaxed), "an entry is here and not taken");
    require(entry.hash == Entry::key_of(entry).hash(), "an entry's hash is not its key's");
  });
  require(load == load_, "the load is not that of the entries");
  require(table_->size() == load_.items, "the table's size is not the number of entries");
  require(wheel_.count() == load_.items, "the timing wheel has not the same entries");
  require(!load_.exceeds(room()), "the load is beyond the limits");
  require(insertions_ - removals_.total() == static_cast<std::int64_t>(load_.items),
          "insertions less removals are not the items");
}

}  // namespace refrain
