#pragma once

/// @file
/// The disk tier.

#include "refrain/cache/tier.h"
#include "refrain/core/clock.h"
#include "refrain/core/log.h"
#include "refrain/core/mutex.h"
#include "refrain/core/striped_counter.h"
#include "refrain/disk/segment_store.h"

#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace refrain {

/// A `SegmentStore` as a tier: its blocking calls run on a thread pool.
///
/// It is always constructed. While its directory cannot be opened, because it is unwritable, a
/// file, on a full disk or owned by another process, the tier is unavailable, and `sweep` tries
/// again at most every 5 seconds. If somebody removes or replaces the directory under it, the next
/// sweep opens it anew; what was in it then counts as invalidated. A store that fails to write goes
/// on answering reads.
///
/// A size limit of 0 switches it off: it is then unavailable for good and touches no file.
///
/// Thread safety: as `Tier` says. Lifetime: the pool, the clock and the log outlive it, and it
/// outlives every coroutine it has handed out. Statistics: entries that a store holds when it is
/// opened count as insertions then.
class DiskCache final : public Tier {
public:
  using Options = SegmentStore::Options;

  /// Opens the directory, and so blocks while the store recovers. `options.mode` is always an
  /// owner's.
  DiskCache(Options options, boost::asio::thread_pool& pool, const Clock& clock, Log& log);

  /// The epoch that the store remembers, for the program to adopt at its start; the first one if
  /// the store is not available.
  [[nodiscard]] std::uint64_t epoch() const;

  /// The store, for looking into it; null while it is not available. Do not keep it.
  [[nodiscard]] std::shared_ptr<SegmentStore> store() const;

  [[nodiscard]] std::string_view name() const override { return "disk"; }
  [[nodiscard]] bool is_available() const override;
  [[nodiscard]] ImmediateLookup find_now(CacheKey key, BodyPlace place) override;
  Task<Result<std::optional<Entry>>> find(CacheKey key) override;
  Task<Result<InsertOutcome>> insert(Entry entry) override;
  Task<Result<bool>> erase(CacheKey key) override;
  Task<Result<void>> clear(std::uint64_t epoch) override;
  Task<void> sweep() override;
  [[nodiscard]] TierStats stats() const override;

private:
  [[nodiscard]] bool is_off() const { return options_.max_size_bytes <= 0; }

  void open() REFRAIN_REQUIRES(tending_mutex_);
  void close();
  void tend();
  Result<void> clear_blocking(std::uint64_t epoch);
  Result<void> clear_pending(SegmentStore& store) REFRAIN_REQUIRES(tending_mutex_);
  template <class T>
  Result<T> counted(Result<T> result);

  const Options options_;
  boost::asio::thread_pool& pool_;
  const Clock& clock_;
  Log& log_;

  StripedCounter hits_;
  StripedCounter misses_;
  StripedCounter errors_;
  StripedCounter refusals_when_off_;

  // One at a time opens, closes and clears; held during I/O. Taken before mutex_.
  Mutex tending_mutex_;
  SteadyTime next_attempt_ REFRAIN_GUARDED_BY(tending_mutex_);
  bool is_trouble_logged_ REFRAIN_GUARDED_BY(tending_mutex_) = false;
  std::optional<std::uint64_t> pending_clear_ REFRAIN_GUARDED_BY(tending_mutex_);

  mutable Mutex mutex_;
  std::shared_ptr<SegmentStore> store_ REFRAIN_GUARDED_BY(mutex_);
  SegmentStore::Stats closed_ REFRAIN_GUARDED_BY(mutex_);  // of the stores that were closed
};

}  // namespace refrain
