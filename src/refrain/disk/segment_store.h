#pragma once

/// @file
/// Entries on disk: append-only segment files, an index in memory, a checksum on every record.

#include "refrain/cache/entry.h"
#include "refrain/cache/tier.h"
#include "refrain/cache/tier_stats.h"
#include "refrain/core/clock.h"
#include "refrain/core/log.h"
#include "refrain/core/mutex.h"
#include "refrain/core/result.h"
#include "refrain/disk/disk_index.h"
#include "refrain/disk/disk_record.h"
#include "refrain/disk/segment_file.h"
#include "refrain/disk/segment_recovery.h"
#include "refrain/disk/store_directory.h"
#include "refrain/disk/store_lock.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace refrain {

/// A bounded store of entries in one directory that survives restarts and crashes.
///
/// An insert is one write at the end of the newest segment, a hit is one read. When the store is
/// full the oldest segment goes as a whole. Segments leave strictly from the oldest on: so a
/// tombstone, and a record that replaced another, outlive whatever they void.
///
/// What survives what:
///   - `kill -9`: everything that was acknowledged. A record that was being written is cut off.
///   - loss of power: every acknowledged `erase` and `clear` (they reach the medium first). Inserts
///   are
///     not synced, so the newest may be lost; checksums keep half of one from being read.
///   - damage: a record is served only if its key and its bytes match their checksums.
///
/// An answer that was superseded by one that could not be written is forgotten too.
///
/// Thread safety: every member may be called from any thread. Look-ups in the index wait for no
/// I/O; writers wait for each other. Invariants: the segment files together never exceed
/// `max_size_bytes`, not even for an instant (the small files LOCK and META come on top);
/// `stats().insertions - removals.total() == items`.
class SegmentStore {
public:
  struct Options {
    std::filesystem::path directory;
    std::int64_t max_size_bytes = 1'000'000'000;  ///< Of all segment files; at least 1.
    std::chrono::seconds ttl{86400};              ///< See `Tier`. Capped at 100 years.
    /// Where one segment ends and the next begins. 0: a sixteenth of `max_size_bytes`, within 1 to
    /// 64 MiB, or what keeps it at 256 files. Larger: fewer files; smaller: less is evicted at
    /// once. At most a quarter of `max_size_bytes` and 2 GiB are used.
    std::int64_t segment_size_bytes = 0;
    std::int64_t max_entry_bytes = 64LL << 20U;  ///< A larger content type and body is refused.
    OpenMode mode = OpenMode::kOwner;
  };

  /// Counters since the store was opened. Entries that were found then count as insertions.
  struct Stats {
    std::int64_t items = 0;
    std::int64_t size_bytes = 0;
    std::int64_t insertions = 0;
    std::int64_t refusals = 0;
    Removals removals;
    std::int64_t damaged = 0;  ///< Files, or ends of files, that could not be read at the opening.
    std::int64_t foreign_files = 0;  ///< Files in the directory that are not the store's.
  };

  /// What `list` shows of an entry.
  struct StoredEntry {
    EntryMetadata metadata;
    std::string content_type;
    std::uint32_t body_size = 0;
    WallTime inserted;
    WallTime resident_until;
  };
  using VisitEntry = std::function<void(const StoredEntry&)>;

  enum class Repair : std::uint8_t { kNo, kYes };
  struct VerifyReport {
    std::int64_t entries = 0;     ///< Read and found good.
    std::int64_t corrupt = 0;     ///< Read and found bad.
    std::int64_t unreadable = 0;  ///< The operating system refused to read them.
    std::int64_t damaged = 0;     ///< As in `Stats`.
    std::int64_t foreign_files = 0;
    std::int64_t bytes = 0;  ///< Of all segment files.
  };

  /// Opens the store in a directory, which an owner makes if it is missing, and recovers what is in
  /// it. `kUnavailable` if another process owns it; `kIo` if the operating system refuses.
  static Result<std::unique_ptr<SegmentStore>> open(const Options& options,
                                                    const Clock& clock,
                                                    Log& log);

  /// Whether `find` would have something to read. An entry that is over is forgotten here.
  [[nodiscard]] bool may_hold(const CacheKey& key);

  /// The entry under `key`, or nothing: also if it turns out to be corrupt, which is counted. An
  /// error means that the operating system refused to read.
  Result<std::optional<Entry>> find(const CacheKey& key);

  Result<InsertOutcome> insert(const Entry& entry);

  /// Forgets `key` so that nothing brings it back, and returns whether there was anything. An error
  /// means that it is forgotten, but that this may not outlive the process.
  Result<bool> erase(const CacheKey& key);

  /// Forgets everything, durably, and remembers `epoch` if it is higher than the last.
  Result<void> clear(std::uint64_t epoch);

  /// Forgets entries that are over and removes old segments without entries: a bounded step each
  /// call.
  void sweep();

  /// The highest epoch given to `clear`, in any process's life.
  [[nodiscard]] std::uint64_t epoch() const { return epoch_.load(std::memory_order_acquire); }

  /// False once somebody else removed or replaced the directory, or the files that are written to.
  [[nodiscard]] bool is_intact();

  /// Visits up to `limit` entries, oldest first. Unreadable ones are left out.
  void list(std::size_t limit, const VisitEntry& visit);

  /// Reads every entry. With `Repair::kYes` the corrupt ones are erased.
  Result<VerifyReport> verify(Repair repair);

  [[nodiscard]] Stats stats() const;

private:
  using Segments = std::map<std::uint64_t, std::shared_ptr<SegmentFile>>;

  struct Target {
    CacheKey key;
    RecordLocation location;
    std::shared_ptr<SegmentFile> file;
    WallTime resident_until;
  };

  SegmentStore(const Options& options,
               const Clock& clock,
               StoreDirectory directory,
               std::optional<StoreLock> lock,
               RecoveredStore recovered);

  Result<void> enforce_limit();
  [[nodiscard]] std::optional<Target> locate(const CacheKey& key);
  [[nodiscard]] std::vector<Target> targets(std::size_t limit) const;
  [[nodiscard]] bool is_refused(const Entry& entry, WallTime now) const;
  void forget_superseded(const CacheKey& key);
  [[nodiscard]] Result<void> require_owner() const;

  /// Writes one record at the end of the store; the payload lies in two pieces.
  Result<RecordLocation> append(RecordHeader header, const Entry* payload)
      REFRAIN_REQUIRES(write_mutex_);
  Result<void> make_room(std::uint64_t record_size) REFRAIN_REQUIRES(write_mutex_);
  [[nodiscard]] bool needs_new_segment(std::uint64_t record_size) const
      REFRAIN_REQUIRES(write_mutex_);
  Result<void> begin_segment() REFRAIN_REQUIRES(write_mutex_);
  Result<void> drop_oldest(std::int64_t Removals::* cause) REFRAIN_REQUIRES(write_mutex_);
  Result<void> drop_through(std::uint64_t segment) REFRAIN_REQUIRES(write_mutex_);
  Result<void> drop_all() REFRAIN_REQUIRES(write_mutex_);
  Result<void> write_tombstone(const CacheKey& key, std::uint64_t segment)
      REFRAIN_REQUIRES(write_mutex_);
  /// Makes the tombstones since then durable.
  Result<void> commit_erasures(std::uint64_t erasures_before) REFRAIN_REQUIRES(write_mutex_);
  Result<void> erase_corrupt(std::span<const Target> corrupt);
  [[nodiscard]] std::shared_ptr<SegmentFile> oldest_segment() const;

  const Options options_;
  const std::uint64_t max_size_;
  const std::uint64_t segment_size_;
  const Clock& clock_;
  const StoreDirectory directory_;
  const std::optional<StoreLock> lock_;  // empty in read-only mode
  const std::int64_t damaged_;
  const std::int64_t foreign_files_;

  // Lock order: write_mutex_, then mutex_. write_mutex_ is held during I/O, mutex_ never is.
  Mutex write_mutex_;
  StoreMeta meta_ REFRAIN_GUARDED_BY(write_mutex_);
  std::shared_ptr<SegmentFile> active_ REFRAIN_GUARDED_BY(write_mutex_);
  std::uint32_t active_records_ REFRAIN_GUARDED_BY(write_mutex_);
  std::uint64_t next_segment_ REFRAIN_GUARDED_BY(write_mutex_);

  mutable Mutex mutex_;
  DiskIndex index_ REFRAIN_GUARDED_BY(mutex_);
  Segments segments_ REFRAIN_GUARDED_BY(mutex_);  // changed only with write_mutex_ held as well
  std::int64_t insertions_ REFRAIN_GUARDED_BY(mutex_);
  std::int64_t refusals_ REFRAIN_GUARDED_BY(mutex_) = 0;
  Removals removals_ REFRAIN_GUARDED_BY(mutex_);

  std::atomic<std::uint64_t> size_bytes_;  // changed only with write_mutex_ held
  std::atomic<std::uint64_t> epoch_;
};

}  // namespace refrain
