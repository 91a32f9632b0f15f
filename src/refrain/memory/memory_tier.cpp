#include "refrain/memory/memory_tier.h"

#include <cstddef>
#include <utility>

namespace refrain {

namespace {

// A millisecond's work at most. What is over leaves within seconds unless more than that expires
// in each of them.
constexpr std::size_t kEntriesPerSweep = 4096;

}  // namespace

ImmediateLookup MemoryTier::find_now(CacheKey key, BodyPlace /*place*/) {
  std::optional<Entry> found = cache_.find(key, clock_.now());
  return found ? ImmediateLookup::hit(std::move(*found)) : ImmediateLookup::miss();
}

Task<Result<std::optional<Entry>>> MemoryTier::find(CacheKey key) {
  co_return cache_.find(key, clock_.now());
}

Task<Result<InsertOutcome>> MemoryTier::insert(Entry entry) {
  co_return cache_.insert(std::move(entry), clock_.now());
}

bool MemoryTier::insert_now(const Entry& entry) {
  cache_.insert(entry, clock_.now());
  return true;
}

void MemoryTier::keep_now(const Entry& entry) {
  cache_.keep(entry, clock_.now());
}

Task<Result<bool>> MemoryTier::erase(CacheKey key) {
  co_return cache_.erase(key);
}

bool MemoryTier::erase_now(CacheKey key) {
  cache_.erase(key);
  return true;
}

bool MemoryTier::clear_now() {
  cache_.clear();
  return true;
}

Task<Result<void>> MemoryTier::clear(std::uint64_t /*epoch*/) {
  // The epoch is not kept: it is for tiers that are there after a restart, and memory is not.
  cache_.clear();
  co_return Result<void>();
}

Task<void> MemoryTier::sweep() {
  cache_.sweep(clock_.now(), kEntriesPerSweep);
  co_return;
}

TierStats MemoryTier::stats() const {
  TierStats stats = cache_.stats();
  stats.name = name();
  return stats;
}

}  // namespace refrain
