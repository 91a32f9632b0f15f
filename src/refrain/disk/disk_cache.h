#pragma once

/// @file
/// The disk tier.

#include "refrain/cache/circuit_breaker.h"
#include "refrain/cache/tier.h"
#include "refrain/core/clock.h"
#include "refrain/core/log.h"
#include "refrain/core/mutex.h"
#include "refrain/core/striped_counter.h"
#include "refrain/disk/segment_store.h"
#include "refrain/disk/write_behind.h"

#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace refrain {

/// How the bodies of disk hits come to those who only send them on.
enum class DiskTransfer : std::uint8_t {
  kSendfile,  ///< Straight from the file, once the record was read and found good.
  kCopy,      ///< By way of memory, checked each time.
};

/// A `SegmentStore` as a tier. What lies in the page cache is read on the event loop; what does not
/// is read on a pool of the tier's own, so that a cold disk holds up nobody else. Inserts are
/// written behind.
///
/// It is always constructed. While its directory cannot be opened, because it is unwritable, a
/// file, on a full disk or owned by another process, the tier is unavailable, and `sweep` tries
/// again at most every 5 seconds. If somebody removes or replaces the directory under it, the next
/// sweep opens it anew; what was in it then counts as invalidated.
///
/// A disk that fails or does not answer in time is left alone by a circuit breaker: one for reads,
/// which makes the tier unavailable while it is open, and one for writes, which drops inserts and
/// lets reads go on. What is erased meanwhile is remembered, and erased before the tier answers
/// again.
///
/// A size limit of 0 switches it off: it is then unavailable for good and touches no file.
///
/// Thread safety: as `Tier` says. Lifetime: clock and log outlive it, and it outlives every
/// coroutine it has handed out. Statistics: entries that a store holds when it is opened count as
/// insertions then, others when they are written.
class DiskCache final : public Tier {
public:
  struct Options : SegmentStore::Options {
    // Whatever opens a store opens it as a tier, too. NOLINTNEXTLINE(google-explicit-constructor)
    Options(const SegmentStore::Options& store = {}) : SegmentStore::Options(store) {}

    DiskTransfer transfer = DiskTransfer::kSendfile;
    std::size_t threads = 4;  ///< For reads that wait for the disk, and for writing.
    /// How long a look-up waits for the disk. Longer: slow disks are of use; shorter: a sick one
    /// costs less until it is left alone.
    std::chrono::milliseconds read_budget{1000};
    std::size_t max_waiting_reads = 1024;                   ///< More are misses at once.
    std::size_t max_queued_bytes = std::size_t{64} << 20U;  ///< Of entries that wait to be written.
    CircuitBreaker::Config breaker;                         ///< Of reads, and of writes.
  };

  /// Opens the directory, and so blocks while the store recovers. `options.mode` is always an
  /// owner's.
  DiskCache(const Options& options, const Clock& clock, Log& log);
  /// Writes what waits to be written.
  ~DiskCache() override;

  /// The epoch that the store remembers, for the program to adopt at its start; the first one if
  /// the store is not available.
  [[nodiscard]] std::uint64_t epoch() const;

  /// The store, for looking into it; null while it is not available. Do not keep it.
  [[nodiscard]] std::shared_ptr<SegmentStore> store() const;

  /// Returns when all that was inserted before has been written or dropped. Waits for the disk.
  void flush() { writes_.flush(); }

  [[nodiscard]] std::string_view name() const override { return "disk"; }
  [[nodiscard]] bool is_available() const override;
  [[nodiscard]] ImmediateLookup find_now(CacheKey key, BodyPlace place) override;
  Task<Result<std::optional<Entry>>> find(CacheKey key) override;
  /// Queues the entry: it is found from now on, and on disk a little later.
  Task<Result<InsertOutcome>> insert(Entry entry) override;
  Task<Result<bool>> erase(CacheKey key) override;
  Task<Result<void>> clear(std::uint64_t epoch) override;
  Task<void> sweep() override;
  [[nodiscard]] TierStats stats() const override;

private:
  [[nodiscard]] bool is_off() const { return options_.max_size_bytes <= 0; }
  /// An entry that waits to be written and is still of use: `hit` as `find_now` has it. One that is
  /// over hides what it is to replace: `miss`. Nothing: no entry of the key waits.
  [[nodiscard]] std::optional<ImmediateLookup> find_waiting(const CacheKey& key);
  Result<std::optional<Entry>> miss(std::optional<Error> error);

  void open() REFRAIN_REQUIRES(tending_mutex_);
  Result<void> make_ready(const std::shared_ptr<SegmentStore>& store)
      REFRAIN_REQUIRES(tending_mutex_);
  void close() REFRAIN_REQUIRES(tending_mutex_);
  void tend();
  Result<void> clear_blocking(std::uint64_t epoch);
  Result<void> clear_pending() REFRAIN_REQUIRES(tending_mutex_);
  void remember_erasure(CacheKey key);
  /// Erases what was erased while that could not be done; what fails is remembered on.
  Result<void> erase_remembered();

  const Options options_;
  const Clock& clock_;
  Log& log_;

  StripedCounter hits_;
  StripedCounter misses_;
  StripedCounter errors_;
  StripedCounter refusals_when_off_;
  std::atomic<std::size_t> waiting_reads_{0};
  CircuitBreaker reads_;

  // One at a time opens, closes and clears; held during I/O. Taken before mutex_.
  Mutex tending_mutex_;
  SteadyTime next_attempt_ REFRAIN_GUARDED_BY(tending_mutex_);
  bool is_trouble_logged_ REFRAIN_GUARDED_BY(tending_mutex_) = false;
  std::optional<std::uint64_t> pending_clear_ REFRAIN_GUARDED_BY(tending_mutex_);

  mutable Mutex mutex_;
  std::shared_ptr<SegmentStore> store_ REFRAIN_GUARDED_BY(mutex_);
  SegmentStore::Stats closed_ REFRAIN_GUARDED_BY(mutex_);  // of the stores that were closed
  std::vector<CacheKey> remembered_erasures_ REFRAIN_GUARDED_BY(mutex_);
  bool must_erase_all_ REFRAIN_GUARDED_BY(mutex_) = false;  // there were too many to remember

  boost::asio::thread_pool pool_;
  WriteBehind writes_;
};

}  // namespace refrain
