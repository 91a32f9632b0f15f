#include "support/flaky_tier.h"

#include "refrain/cache/residency.h"

#include <boost/asio/post.hpp>

#include <utility>

namespace refrain::testing {

FlakyTier::FlakyTier(Config config, const Clock& clock)
    : config_(std::move(config)),
      clock_(clock) {}

std::int64_t FlakyTier::lookups() const {
  const std::int64_t immediate = config_.mode == Mode::kImmediate ? calls(Operation::kFindNow) : 0;
  return immediate + calls(Operation::kFind);
}

std::optional<Entry> FlakyTier::peek(CacheKey key) const {
  const MutexLock lock(mutex_);
  const auto found = kept_.find(key);
  if (found == kept_.end() || clock_.now() >= found->second.until) return std::nullopt;
  return found->second.entry;
}

void FlakyTier::put(Entry entry) {
  const MutexLock lock(mutex_);
  keep(std::move(entry));
}

ImmediateLookup FlakyTier::find_now(CacheKey key) {
  ++of(Operation::kFindNow).calls;
  if (config_.mode == Mode::kAsynchronous) return ImmediateLookup::must_wait();
  if (of(Operation::kFindNow).is_failing) {
    count_error(Operation::kFindNow);
    return ImmediateLookup::miss();
  }
  std::optional<Entry> found = look_up(key);
  return found ? ImmediateLookup::hit(std::move(*found)) : ImmediateLookup::miss();
}

Task<Result<std::optional<Entry>>> FlakyTier::find(CacheKey key) {
  if (!co_await begin(Operation::kFind)) co_return fail(ErrorCode::kIo, "find was told to fail");
  std::optional<Entry> found = look_up(key);
  co_await finish(Operation::kFind);
  co_return found;
}

Task<Result<InsertOutcome>> FlakyTier::insert(Entry entry) {
  if (!co_await begin(Operation::kInsert))
    co_return fail(ErrorCode::kIo, "insert was told to fail");
  bool is_stored = false;
  {
    const MutexLock lock(mutex_);
    is_stored = !is_refusing_ && entry.is_usable(clock_.now());
    if (is_stored) {
      keep(std::move(entry));
    } else {
      ++counted_.refusals;
    }
  }
  co_await finish(Operation::kInsert);
  co_return is_stored ? InsertOutcome::kStored : InsertOutcome::kRefused;
}

Task<Result<bool>> FlakyTier::erase(CacheKey key) {
  if (!co_await begin(Operation::kErase)) co_return fail(ErrorCode::kIo, "erase was told to fail");
  bool was_there = false;
  {
    const MutexLock lock(mutex_);
    was_there = kept_.erase(key) > 0;
    if (was_there) ++counted_.removals.invalidated;
  }
  co_await finish(Operation::kErase);
  co_return was_there;
}

Task<Result<void>> FlakyTier::clear(std::uint64_t epoch) {
  if (!co_await begin(Operation::kClear)) co_return fail(ErrorCode::kIo, "clear was told to fail");
  cleared_epoch_ = epoch;
  {
    const MutexLock lock(mutex_);
    counted_.removals.invalidated += static_cast<std::int64_t>(kept_.size());
    kept_.clear();
  }
  co_await finish(Operation::kClear);
  co_return Result<void>();
}

Task<void> FlakyTier::sweep() {
  if (!co_await begin(Operation::kSweep)) co_return;
  {
    const MutexLock lock(mutex_);
    const WallTime now = clock_.now();
    const auto gone = boost::unordered::erase_if(
        kept_, [now](const auto& item) { return now >= item.second.until; });
    counted_.removals.expired += static_cast<std::int64_t>(gone);
  }
  co_await finish(Operation::kSweep);
}

TierStats FlakyTier::stats() const {
  const MutexLock lock(mutex_);
  TierStats stats = counted_;
  stats.name = config_.name;
  stats.available = is_available_;
  stats.ttl = config_.ttl;
  stats.items = static_cast<std::int64_t>(kept_.size());
  for (const auto& [key, kept] : kept_)
    stats.size_bytes += static_cast<std::int64_t>(kept.entry.charge());
  return stats;
}

Task<bool> FlakyTier::begin(Operation operation) {
  Behaviour& behaviour = of(operation);
  ++behaviour.calls;
  if (config_.mode == Mode::kAsynchronous) co_await boost::asio::post(kUseTask);
  if (behaviour.hook) co_await behaviour.hook();
  if (!behaviour.is_failing) co_return true;
  count_error(operation);
  co_return false;
}

Task<void> FlakyTier::finish(Operation operation) {
  co_await of(operation).gate.pass();
}

std::optional<Entry> FlakyTier::look_up(CacheKey key) {
  const MutexLock lock(mutex_);
  const auto found = kept_.find(key);
  if (found != kept_.end() && clock_.now() < found->second.until) {
    ++counted_.hits;
    return found->second.entry;
  }
  ++counted_.misses;
  if (found != kept_.end()) {
    ++counted_.removals.expired;
    kept_.erase(found);
  }
  return std::nullopt;
}

void FlakyTier::keep(Entry entry) {
  const CacheKey key = entry.key();
  const WallTime until = resident_until(entry.metadata(), clock_.now(), config_.ttl);
  ++counted_.insertions;
  if (kept_.erase(key) > 0) ++counted_.removals.replaced;
  kept_.emplace(key, Kept{std::move(entry), until});
}

void FlakyTier::count_error(Operation operation) {
  const MutexLock lock(mutex_);
  ++counted_.errors;
  if (operation == Operation::kFind || operation == Operation::kFindNow) ++counted_.misses;
}

}  // namespace refrain::testing
