#include "refrain/memory/memory_cache.h"

#include "refrain/cache/residency.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

namespace refrain {

namespace {

// Hits take no lock, so shards are for those who insert, and keep short what is done under a lock
// (a larger table, another policy). 4096 items a shard keep a share's random excess over the mean
// below 5 % (three standard deviations); 16 MiB a shard leave room for any answer that the services
// make.
constexpr std::size_t kMinItemsPerShard = 4096;
constexpr std::size_t kMinBytesPerShard = std::size_t{16} << 20;

// A forecast takes memory, and a cache this small has none to spare.
constexpr std::size_t kLeastBytesToForecast = std::size_t{1} << 20;

// A section of a sweep under one lock.
constexpr std::size_t kSweepPerLock = 256;

// The part of `total` that shard `index` of `count` has: the parts differ by one at most and add
// up.
std::size_t share_of(std::size_t total, std::size_t index, std::size_t count) {
  return total / count + (index < total % count ? 1 : 0);
}

}  // namespace

std::size_t MemoryCache::shard_count_for(const Config& config) {
  const std::size_t worthwhile =
      std::min(config.max_items / kMinItemsPerShard, config.max_size_bytes / kMinBytesPerShard);
  return std::bit_floor(std::clamp(worthwhile, std::size_t{1}, kMaxShards));
}

MemoryCache::MemoryCache(const Config& config)
    : ttl_(config.ttl),
      policy_(config.policy),
      max_items_(config.max_items),
      max_size_bytes_(config.max_size_bytes),
      shard_mask_(shard_count_for(config) - 1) {
  const CacheLimits limits{config.max_items, config.max_size_bytes};
  const bool is_wanted = config.has_forecast || config.policy == PolicyKind::kAdaptive;
  if (is_wanted && limits.items > 0 && limits.bytes >= kLeastBytesToForecast)
    sample_ = std::make_unique<RequestSample>(config.policy, limits, sections_);
  const std::size_t count = shard_mask_ + 1;
  shards_.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    shards_.push_back(
        std::make_unique<MemoryShard>(present_policy(), limits_of_shard(i, count), windows_[i]));
}

MemoryCache::~MemoryCache() = default;

PolicyKind MemoryCache::present_policy() const {
  if (sample_ != nullptr) return sample_->choice();
  // Without a forecast there is nothing to adapt to.
  return policy_ == PolicyKind::kAdaptive ? PolicyKind::kTinyLfu : policy_;
}

CacheLimits MemoryCache::limits_of_shard(std::size_t index, std::size_t count) const {
  const std::size_t bytes = max_size_bytes_.load(std::memory_order_relaxed);
  const std::size_t reserved = sample_ == nullptr ? 0 : std::min(sample_->most_bytes(), bytes);
  return {share_of(max_items_.load(std::memory_order_relaxed), index, count),
          share_of(bytes - reserved, index, count)};
}

std::optional<Entry> MemoryCache::find(const CacheKey& key, WallTime now) {
  const std::uint64_t hash = key.hash();
  ReadSections::Section section(sections_);
  const TagTable::View table = windows_[shard_of(hash)].load(std::memory_order_seq_cst);
  Resident* const found = table.find(key, hash);
  if (found == nullptr) return find_surely(key, now, section);
  const std::int64_t until = found->until.load(std::memory_order_relaxed);
  if (ticks(now) >= until) return find_surely(key, now, section);
  section.hit();
  note_use(*found, section.time());
  Entry entry = Entry::share(*found);
  // Nobody waits for this look-up while it is being recorded.
  section.end();
  if (sample_ != nullptr && sample_->has(hash)) sample(entry, now, until);
  return entry;
}

std::optional<Entry> MemoryCache::find_surely(const CacheKey& key,
                                              WallTime now,
                                              ReadSections::Section& section) {
  MemoryShard::Removed removed;
  std::optional<Entry> entry = shard_for(key.hash()).find_surely(key, now, removed);
  if (entry) {
    section.hit();
    note_use(entry->resident(), section.time());
  }
  // Disposing may wait for the readers, of which this is one until here.
  section.end();
  dispose(removed);
  return entry;
}

void MemoryCache::sample(const Entry& entry, WallTime now, std::int64_t until) {
  CacheAccess access;
  access.hash = entry.key().hash();
  access.charge = charge_of(entry);
  access.cost = cost_of(entry);
  access.now = ticks(now);
  access.until = until;
  sample_->add(access);
}

std::uint32_t MemoryCache::charge_of(const Entry& entry) {
  constexpr std::size_t kMost = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(std::min(entry.charge() + kItemOverhead, kMost));
}

float MemoryCache::cost_of(const Entry& entry) {
  return std::chrono::duration<float>(entry.metadata().cost).count();
}

InsertOutcome MemoryCache::insert(Entry entry, WallTime now) {
  const WallTime usable_until = entry.metadata().usable_until;
  // The second bound holds also for an entry that claims to be fresh for longer than it is usable.
  const WallTime until = std::min(resident_until(entry.metadata(), now, ttl_), usable_until);
  MemoryShard& shard = shard_for(entry.key().hash());
  if (until <= now) {
    shard.refuse();
    return InsertOutcome::kRefused;
  }
  // What is resident already, here or in another cache, stays as it is.
  if (entry.resident().is_taken.exchange(true, std::memory_order_acquire)) {
    entry = entry.copy();
    entry.resident().is_taken.store(true, std::memory_order_relaxed);
  }
  const Entry kept = entry;
  Resident& resident = kept.resident();
  // These follow from the entry alone. Who retires it from a cache that it was in before may still
  // be reading them.
  if (resident.charge == 0) {
    resident.hash = kept.key().hash();
    resident.charge = charge_of(kept);
    resident.cost = cost_of(kept);
  }
  resident.uses.store(0, std::memory_order_relaxed);
  resident.until.store(ticks(until), std::memory_order_relaxed);
  resident.last_use.store(sections_.insertion(), std::memory_order_relaxed);

  MemoryShard::Removed removed;
  const InsertOutcome outcome = shard.insert(resident, now, present_policy(), removed);
  // Not before: if that throws, the reference is still ours to give up.
  static_cast<void>(Entry::detach(std::move(entry)));
  dispose(removed);
  if (sample_ != nullptr && sample_->has(kept.key().hash())) {
    if (outcome == InsertOutcome::kStored) {
      sample(kept, now, ticks(until));
    } else {
      sample_->skip();
    }
  }
  return outcome;
}

void MemoryCache::keep(const Entry& entry, WallTime now) {
  const bool is_there = use_if_no_older(entry, now);
  // The section has counted a hit by now: statistics, which read this first, never take off more
  // hits than there are.
  keeps_.fetch_add(1, std::memory_order_release);
  if (is_there) return;
  if (entry.is_erasure()) {
    erase(entry.key());
  } else {
    insert(entry, now);
  }
}

bool MemoryCache::use_if_no_older(const Entry& entry, WallTime now) {
  const std::uint64_t hash = entry.key().hash();
  ReadSections::Section section(sections_);
  section.hit();
  const TagTable::View table = windows_[shard_of(hash)].load(std::memory_order_seq_cst);
  Resident* const found = table.find(entry.key(), hash);
  if (found == nullptr || ticks(now) >= found->until.load(std::memory_order_relaxed)) return false;
  if (Entry::created_of(*found) < entry.metadata().created) return false;
  note_use(*found, section.time());
  return true;
}

bool MemoryCache::erase(const CacheKey& key) {
  MemoryShard::Removed removed;
  const bool was_there = shard_for(key.hash()).erase(key, removed);
  dispose(removed);
  if (was_there && sample_ != nullptr) sample_->erase(key.hash());
  return was_there;
}

void MemoryCache::clear() {
  for (const auto& shard : shards_) {
    MemoryShard::Removed removed;
    shard->clear(removed);
    dispose(removed);
  }
  reclaimer_.reclaim();
  reclaimer_.reclaim();
  if (sample_ != nullptr) sample_->clear();
}

void MemoryCache::dispose(MemoryShard::Removed& removed) {
  reclaimer_.retire(removed.entries);
  if (removed.table != nullptr) reclaimer_.retire(std::move(removed.table));
}

std::size_t MemoryCache::sweep(WallTime now, std::size_t most) {
  std::size_t left = 0;
  std::size_t budget = most;
  std::size_t done = 0;  // shards in a row with nothing more to do
  std::size_t index = sweep_shard_.load(std::memory_order_relaxed) % shards_.size();
  while (budget > 0 && done < shards_.size()) {
    const std::size_t step = std::min(budget, kSweepPerLock);
    MemoryShard::Removed removed;
    const MemoryShard::Swept swept = shards_[index]->sweep(now, step, removed);
    dispose(removed);
    left += swept.expired;
    budget -= std::min(budget, std::max<std::size_t>(swept.looked_at, 1));
    if (!swept.is_done) continue;
    ++done;
    index = (index + 1) % shards_.size();
  }
  sweep_shard_.store(index, std::memory_order_relaxed);
  reclaimer_.reclaim();
  return left;
}

void MemoryCache::set_limits(std::optional<std::size_t> max_items,
                             std::optional<std::size_t> max_size_bytes) {
  const MutexLock lock(limits_mutex_);
  if (max_items) max_items_.store(*max_items, std::memory_order_relaxed);
  if (max_size_bytes) max_size_bytes_.store(*max_size_bytes, std::memory_order_relaxed);
  const CacheLimits limits{max_items_.load(std::memory_order_relaxed),
                           max_size_bytes_.load(std::memory_order_relaxed)};
  if (sample_ != nullptr) sample_->set_limits(limits);
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    MemoryShard::Removed removed;
    shards_[i]->set_limits(limits_of_shard(i, shards_.size()), removed);
    dispose(removed);
  }
}

TierStats MemoryCache::stats() const {
  TierStats stats;
  stats.max_items = static_cast<std::int64_t>(max_items_.load(std::memory_order_relaxed));
  stats.max_size_bytes = static_cast<std::int64_t>(max_size_bytes_.load(std::memory_order_relaxed));
  stats.ttl = ttl_;
  const std::uint64_t keeps = keeps_.load(std::memory_order_acquire);
  stats.hits = static_cast<std::int64_t>(sections_.hits() - keeps);
  stats.misses = static_cast<std::int64_t>(sections_.misses());
  MemoryTierStats memory;
  memory.policy = name_of(policy_);
  memory.present_policy = name_of(present_policy());
  for (const auto& shard : shards_) {
    shard->add_to(stats);
    memory.overhead_bytes += static_cast<std::int64_t>(shard->fixed_bytes());
  }
  if (sample_ != nullptr) {
    memory.overhead_bytes += static_cast<std::int64_t>(sample_->bytes());
    memory.forecast = sample_->forecast();
  }
  stats.memory = std::move(memory);
  return stats;
}

void MemoryCache::check_invariants() const {
  for (const auto& shard : shards_)
    shard->check_invariants();
}

}  // namespace refrain
