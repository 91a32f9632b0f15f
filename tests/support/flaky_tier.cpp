#include "support/flaky_tier.h"

#include "refrain/cache/residency.h"

#include "support/sample_file.h"

#include <boost/asio/post.hpp>

#include <memory>
#include <string>
#include <utility>

namespace refrain::testing {
namespace {

/// The same entry with its body in a file of its own, not at the file's beginning.
Entry moved_to_file(const Entry& entry) {
  const std::string before = "what lies before";
  auto file = std::make_shared<const SampleFile>(before + std::string(entry.body()));
  FileBody body;
  body.descriptor = file->descriptor();
  body.offset = before.size();
  body.owner = std::move(file);
  return Entry::in_file(
      entry.metadata(), entry.content_type(), entry.body().size(), entry.checksum(), body);
}

}  // namespace

FlakyTier::FlakyTier(Config config, const Clock& clock)
    : config_(std::move(config)),
      clock_(clock),
      soft_budget_(config_.soft_budget) {}

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

ImmediateLookup FlakyTier::find_now(CacheKey key, BodyPlace place) {
  ++of(Operation::kFindNow).calls;
  if (config_.mode == Mode::kAsynchronous) return ImmediateLookup::must_wait();
  if (of(Operation::kFindNow).is_failing) {
    count_error(Operation::kFindNow);
    return ImmediateLookup::miss();
  }
  std::optional<Entry> found = look_up(key);
  if (find_now_hook_) find_now_hook_();
  if (!found) return ImmediateLookup::miss();
  const bool is_in_file =
      is_giving_files_ && place == BodyPlace::kMemoryOrFile && found->is_fresh(clock_.now());
  return ImmediateLookup::hit(is_in_file ? moved_to_file(*found) : std::move(*found));
}

Task<Result<std::optional<Entry>>> FlakyTier::find(CacheKey key) {
  if (!co_await begin(Operation::kFind)) co_return fail(ErrorCode::kIo, "find was told to fail");
  std::optional<Entry> found = look_up(key);
  co_await finish(Operation::kFind);
  co_return found;
}

Task<Result<InsertOutcome>> FlakyTier::insert(Entry entry) {
  return store(std::move(entry), false);
}

Task<Result<InsertOutcome>> FlakyTier::fill(Entry entry) {
  return store(std::move(entry), config_.is_shared);
}

void FlakyTier::keep_now(const Entry& entry) {
  const std::optional<Entry> kept = peek(entry.key());
  if (config_.mode == Mode::kAsynchronous) return;
  if (kept && kept->metadata().created >= entry.metadata().created) return;
  if (entry.is_erasure()) {
    drop(entry.key());
  } else {
    take(entry);
  }
}

Task<Result<InsertOutcome>> FlakyTier::store(Entry entry, bool only_if_absent) {
  if (!co_await begin(Operation::kInsert))
    co_return fail(ErrorCode::kIo, "insert was told to fail");
  const bool is_left_alone = only_if_absent && peek(entry.key()).has_value();
  const bool is_stored = !is_left_alone && take(std::move(entry));
  co_await finish(Operation::kInsert);
  co_return is_stored ? InsertOutcome::kStored : InsertOutcome::kRefused;
}

bool FlakyTier::insert_now(const Entry& entry) {
  if (config_.mode == Mode::kAsynchronous) return false;
  ++of(Operation::kInsertNow).calls;
  if (of(Operation::kInsertNow).is_failing) {
    count_error(Operation::kInsertNow);
  } else {
    take(entry);
  }
  if (insert_now_hook_) insert_now_hook_();
  return true;
}

Task<Result<bool>> FlakyTier::erase(CacheKey key) {
  if (!co_await begin(Operation::kErase)) co_return fail(ErrorCode::kIo, "erase was told to fail");
  const bool was_there = drop(key);
  co_await finish(Operation::kErase);
  co_return was_there;
}

bool FlakyTier::erase_now(CacheKey key) {
  if (config_.mode == Mode::kAsynchronous) return false;
  ++of(Operation::kEraseNow).calls;
  if (of(Operation::kEraseNow).is_failing) {
    count_error(Operation::kEraseNow);
  } else {
    drop(key);
  }
  return true;
}

bool FlakyTier::clear_now() {
  if (config_.mode == Mode::kAsynchronous) return false;
  const MutexLock lock(mutex_);
  counted_.removals.invalidated += static_cast<std::int64_t>(kept_.size());
  kept_.clear();
  return true;
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
    ++(found->second.entry.is_erasure() ? counted_.misses : counted_.hits);
    return found->second.entry;
  }
  ++counted_.misses;
  if (found != kept_.end()) {
    ++counted_.removals.expired;
    kept_.erase(found);
  }
  return std::nullopt;
}

bool FlakyTier::take(Entry entry) {
  const MutexLock lock(mutex_);
  const bool is_taken = !is_refusing_ && entry.is_usable(clock_.now());
  if (is_taken) {
    keep(std::move(entry));
  } else {
    ++counted_.refusals;
  }
  return is_taken;
}

bool FlakyTier::drop(CacheKey key) {
  const MutexLock lock(mutex_);
  const bool was_there = kept_.erase(key) > 0;
  if (was_there) ++counted_.removals.invalidated;
  return was_there;
}

void FlakyTier::keep(Entry entry) {
  const CacheKey key = entry.key();
  const WallTime until = entry.is_erasure()
                             ? clock_.now() + config_.ttl
                             : resident_until(entry.metadata(), clock_.now(), config_.ttl);
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
