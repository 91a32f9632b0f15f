#pragma once

/// @file
/// Writes entries to a store while those who offered them go on.

#include "refrain/cache/circuit_breaker.h"
#include "refrain/core/clock.h"
#include "refrain/core/mutex.h"
#include "refrain/core/striped_counter.h"
#include "refrain/disk/segment_store.h"
#include "refrain/disk/write_queue.h"

#include <boost/asio/thread_pool.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace refrain {

/// The writing side of a disk tier: inserts wait in a bounded queue and are written one after the
/// other on the pool; what cannot be written is dropped and counted. Erasing and clearing happen in
/// the order of the writes, so that nothing which was erased is written afterwards.
///
/// Thread safety: any. `insert` and `find` wait for nothing; the others wait for the disk.
/// Lifetime: the pool is joined before it is destroyed.
class WriteBehind {
public:
  struct Config {
    std::size_t max_queued_bytes = std::size_t{64} << 20U;
    CircuitBreaker::Config breaker;
  };

  WriteBehind(const Config& config, boost::asio::thread_pool& pool, const Clock& clock);

  /// Entries are written to `store` from now on; to none if it is null. Returns when the last write
  /// to the store before is over.
  void attach(std::shared_ptr<SegmentStore> store);

  /// Queues the entry, or drops it and forgets what it would have replaced.
  InsertOutcome insert(const Entry& entry);

  /// An entry that waits to be written.
  [[nodiscard]] std::optional<Entry> find(const CacheKey& key) const { return queue_.find(key); }

  /// Forgets an entry that waits, and not what has been written. Returns whether there was one.
  bool discard(const CacheKey& key) { return queue_.erase(key); }

  Result<bool> erase(const CacheKey& key);
  Result<void> bury(const CacheKey& key);
  Result<void> clear(std::uint64_t epoch);

  /// Returns when all that was inserted before has been written or dropped.
  void flush();

  /// Notes trouble that was met elsewhere.
  void record_failure();

  [[nodiscard]] CircuitBreaker::State state() const { return breaker_.state(); }
  [[nodiscard]] BreakerStats breaker_stats() const { return stats_of(breaker_, "writes"); }
  [[nodiscard]] std::int64_t queued() const { return static_cast<std::int64_t>(queue_.size()); }
  [[nodiscard]] std::int64_t queued_bytes() const {
    return static_cast<std::int64_t>(queue_.size_bytes());
  }
  [[nodiscard]] std::int64_t dropped() const { return dropped_.value(); }
  [[nodiscard]] std::int64_t errors() const { return errors_.value(); }

private:
  /// Writes what waits, on the pool.
  void start();
  /// Writes one entry; false if none waits.
  bool write_one();
  void write(const Entry& entry) REFRAIN_REQUIRES(writing_mutex_);
  void drop(const Entry& entry);
  [[nodiscard]] std::shared_ptr<SegmentStore> store() const;
  template <class T>
  Result<T> counted(Result<T> result);

  boost::asio::thread_pool& pool_;
  WriteQueue queue_;
  CircuitBreaker breaker_;
  StripedCounter dropped_;
  StripedCounter errors_;

  // Held while an entry is written, erased, or all are cleared: during I/O. Taken before mutex_.
  Mutex writing_mutex_;
  mutable Mutex mutex_;
  std::shared_ptr<SegmentStore> store_ REFRAIN_GUARDED_BY(mutex_);
};

}  // namespace refrain
