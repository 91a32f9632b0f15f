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
#include "refrain/disk/corruption_tally.h"
#include "refrain/disk/disk_index.h"
#include "refrain/disk/disk_record.h"
#include "refrain/disk/record_reader.h"
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
#include <unordered_set>
#include <utility>
#include <vector>

namespace refrain {

/// What is certain to be there after a loss of power. A crash of the process loses nothing that was
/// written, whichever it is.
enum class Durability : std::uint8_t {
  kNone,      ///< Whatever the operating system has written out by then.
  kInterval,  ///< Everything written before the last sweep.
  kAlways,    ///< Everything that was written.
};

/// A bounded store of entries in one directory that survives restarts and crashes.
///
/// An insert is one write at the end of the newest segment, a hit is one read. When the store is
/// full the oldest segment goes as a whole; those of its entries that were read since they were
/// written are written anew before that, as far as they fit into half a segment. Segments leave
/// from the oldest on: so a tombstone, and a record that replaced another, outlive whatever they
/// void. Only a segment without entries that voids nothing may leave before its turn.
///
/// What survives what:
///   - `kill -9`: everything that was written. A record that was being written is cut off.
///   - loss of power: every acknowledged `erase` and `clear` (they reach the medium first), and
///     inserts as `Durability` says; checksums keep half of one from being read.
///   - damage: a record is served only if its key and its bytes match their checksums.
///
/// An answer that was superseded by one that could not be written is forgotten too, until the store
/// is opened again.
///
/// Thread safety: every member may be called from any thread. Look-ups in the index wait for no
/// I/O; writers wait for each other. Invariants: all files of the store together, in blocks of the
/// file system, never take more than `max_size_bytes`, not even for an instant;
/// `stats().insertions - removals.total() == items`.
class SegmentStore {
public:
  struct Options {
    std::filesystem::path directory;
    std::int64_t max_size_bytes = 1'000'000'000;  ///< Of all files of the store, in whole blocks.
    std::chrono::seconds ttl{86400};              ///< See `Tier`. Capped at 100 years.
    /// Where one segment ends and the next begins. 0: a sixteenth of `max_size_bytes`, within 1 to
    /// 64 MiB, or what keeps it at 256 files. Larger: fewer files; smaller: less is evicted at
    /// once. At most a quarter of `max_size_bytes` and 2 GiB are used.
    std::int64_t segment_size_bytes = 0;
    std::int64_t max_entry_bytes = 64LL << 20U;  ///< A larger content type and body is refused.
    /// What is left free on the file system: below it old segments are given back, and then inserts
    /// fail. 0: nothing.
    std::int64_t min_free_bytes = 0;
    Durability durability = Durability::kNone;
    OpenMode mode = OpenMode::kOwner;
    std::shared_ptr<FileSystem> file_system;  ///< Null: the real one.
    std::shared_ptr<CorruptionReporter>
        reporter;  ///< Hears of damage besides the log; may be null.
  };

  /// Counters since the store was opened. Entries that were found then count as insertions.
  struct Stats {
    std::int64_t items = 0;
    std::int64_t size_bytes = 0;  ///< Of all files of the store, in whole blocks.
    std::int64_t insertions = 0;
    std::int64_t refusals = 0;
    Removals removals;
    std::int64_t damaged = 0;  ///< Files, or ends of files, that could not be read at the opening.
    std::int64_t foreign_files = 0;  ///< Files in the directory that are not the store's.
    CorruptionCounts corruptions{};
    std::int64_t index_bytes = 0;  ///< Of memory.
    std::int64_t segments = 0;
    std::int64_t rewritten = 0;  ///< Entries that were read and so outlived their segment.
    std::int64_t scanned = 0;    ///< Records that were read one by one at the opening.
  };

  /// What `visit` shows of an entry.
  struct StoredEntry {
    EntryMetadata metadata;
    std::string content_type;
    std::uint32_t body_size = 0;
    WallTime inserted;
    WallTime resident_until;
    std::uint64_t reads = 0;
    std::optional<WallTime> last_read;  ///< In whole seconds.
  };
  /// Returns whether to go on.
  using VisitEntry = std::function<bool(const StoredEntry&)>;

  enum class Repair : std::uint8_t { kNo, kYes };
  struct VerifyReport {
    std::int64_t entries = 0;     ///< Read and found good.
    std::int64_t corrupt = 0;     ///< Read and found bad.
    std::int64_t unreadable = 0;  ///< The operating system refused to read them.
    std::int64_t damaged = 0;     ///< As in `Stats`.
    std::int64_t foreign_files = 0;
    std::int64_t bytes = 0;  ///< Of the records that were read.
  };
  /// Hears how many of all entries have been read.
  using VerifyProgress = std::function<void(std::size_t done, std::size_t all)>;

  /// Opens the store in a directory, which an owner makes if it is missing, and recovers what is in
  /// it. `kUnavailable` if another process owns it; `kUnprocessable` if it is a newer program's or
  /// on a network file system; `kIo` or `kTooLarge` if the operating system refuses;
  /// `kInvalidArgument` for a limit too small for the store's own files.
  static Result<std::unique_ptr<SegmentStore>> open(const Options& options,
                                                    const Clock& clock,
                                                    Log& log);

  /// An owner leaves a snapshot of the index, for the next opening.
  ~SegmentStore();

  /// Whether `find` would have something to read.
  [[nodiscard]] bool may_hold(const CacheKey& key) const;

  /// What can be said of `key` without waiting for the medium. A body stays in its file if `place`
  /// allows that, the entry is fresh, it was read and found good before, and its pages have been in
  /// the page cache since, as far as was seen.
  [[nodiscard]] Result<ImmediateLookup> find_now(const CacheKey& key, BodyPlace place);

  /// The entry under `key`, or nothing: also if it turns out to be corrupt, which is counted. An
  /// error means that the operating system refused to read.
  Result<std::optional<Entry>> find(const CacheKey& key);

  /// Whether `insert` would refuse the entry; counts it if so. Waits for nothing.
  [[nodiscard]] bool refuses(const Entry& entry);

  Result<InsertOutcome> insert(const Entry& entry);

  /// Forgets what the index knows of `key`, and waits for nothing: it may come back when the store
  /// is opened again.
  void forget(const CacheKey& key, std::int64_t Removals::* cause);

  /// Forgets `key` so that nothing brings it back, and returns whether there was anything. An error
  /// means that it is forgotten, but that this may not outlive the process.
  Result<bool> erase(const CacheKey& key);

  /// The same, written down even if nothing is known of `key`: it was erased elsewhere.
  Result<void> bury(const CacheKey& key);

  /// Forgets everything, durably, and remembers `epoch` if it is higher than the last.
  Result<void> clear(std::uint64_t epoch);

  /// A bounded step of what has to be done now and then: entries that are over leave, and segments
  /// without entries; room is given back; inserts are made durable; the index is written down.
  Result<void> sweep();

  /// The highest epoch given to `clear`, in any process's life.
  [[nodiscard]] std::uint64_t epoch() const { return epoch_.load(std::memory_order_acquire); }

  /// False once somebody else removed or replaced the directory, or the files that are written to.
  [[nodiscard]] bool is_intact();

  /// Visits the entries, the oldest record first. Unreadable ones are left out.
  void visit(const VisitEntry& visit);

  /// Reads every entry. With `Repair::kYes` the corrupt ones are erased.
  Result<VerifyReport> verify(Repair repair, const VerifyProgress& progress = {});

  [[nodiscard]] Stats stats() const;

private:
  using Segments = std::map<std::uint64_t, StoredSegment>;

  struct Target {
    IndexedEntry indexed;
    std::shared_ptr<SegmentFile> file;
  };

  /// What there is before anything is recovered.
  struct Foundation {
    StoreDirectory directory;
    std::optional<StoreLock> lock;  // empty in read-only mode
    SegmentFile::Surroundings files;
    std::unique_ptr<CorruptionTally> tally;
  };

  SegmentStore(const Options& options,
               const Clock& clock,
               Foundation foundation,
               RecoveredStore recovered);

  static Result<Foundation> lay_foundation(const Options& options, Log& log);
  static Result<RecoveredStore> recover(const Options& options,
                                        const Foundation& foundation,
                                        WallTime now,
                                        Log& log);
  Result<void> enforce_limit();
  [[nodiscard]] Result<void> require_owner() const;
  /// Whether the path still leads to what this store has locked.
  [[nodiscard]] bool owns_directory() const;

  // --- reading

  enum class ReadNote : std::uint8_t { kCount, kLeave };
  [[nodiscard]] std::optional<Target> locate(const CacheKey& key, ReadNote note);
  [[nodiscard]] RecordRead read_now(const CacheKey& key,
                                    const Target& target,
                                    BodyPlace place) const;
  /// What has left the page cache comes from the medium again, and may not be what was verified.
  void doubt_if_cold(const Target& target);
  /// The entry that was read, if it is still wanted, or what that says about the index.
  Result<std::optional<Entry>> accept(const CacheKey& key, const Target& target, RecordRead read);
  void drop_damaged(const Target& target, const RecordRead& read);
  /// Notes what was found in the report, and a damaged entry's key, if it is known, in `corrupt`.
  void verify_one(const Target& target, VerifyReport& report, std::vector<CacheKey>& corrupt);
  [[nodiscard]] WallTime resident_until_of(const RecordHeader& header, WallTime now) const;
  [[nodiscard]] std::vector<Target> targets_in(std::uint64_t segment) const;
  [[nodiscard]] std::vector<std::uint64_t> segment_ids() const;

  // --- writing: segment_store_writing.cpp

  [[nodiscard]] bool is_refused(const Entry& entry, WallTime now) const;
  /// Writes one record at the end of the store; the payload lies in two pieces.
  Result<RecordLocation> append(RecordHeader header, const Entry* payload)
      REFRAIN_REQUIRES(write_mutex_);
  /// Once more, after the file system said that it is full.
  Result<RecordLocation> append_again(const RecordHeader& header,
                                      const Entry* payload,
                                      Error failure) REFRAIN_REQUIRES(write_mutex_);
  /// The same where there is room already, and not made durable.
  Result<RecordLocation> append_here(RecordHeader header, const Entry* payload)
      REFRAIN_REQUIRES(write_mutex_);
  Result<void> make_durable() REFRAIN_REQUIRES(write_mutex_);
  [[nodiscard]] bool needs_new_segment(std::uint64_t record_size) const
      REFRAIN_REQUIRES(write_mutex_);
  Result<void> begin_segment() REFRAIN_REQUIRES(write_mutex_);
  /// What the store would take after a record of this size was appended.
  [[nodiscard]] std::uint64_t bytes_with(std::uint64_t record_size) const
      REFRAIN_REQUIRES(write_mutex_);
  Result<void> write_tombstone(const CacheKey& key, std::uint64_t segment)
      REFRAIN_REQUIRES(write_mutex_);
  /// Makes the tombstones written since then durable.
  Result<void> commit_erasures(std::uint64_t erasures_before) REFRAIN_REQUIRES(write_mutex_);
  /// Writes down that damaged entries, which the index has forgotten, are gone.
  Result<void> erase_corrupt(const std::vector<CacheKey>& corrupt);
  void mark_voiding(std::uint64_t segment) REFRAIN_REQUIRES(mutex_);
  /// The index forgets a key whose record stays, and would count when the store is opened again.
  void hide(std::uint64_t fingerprint) REFRAIN_REQUIRES(mutex_);
  [[nodiscard]] bool is_hidden(std::uint64_t fingerprint) const REFRAIN_REQUIRES(mutex_);
  /// Writes down that `key` is gone, of which the index knows nothing any more. Its records lie in
  /// no segment behind `segment`.
  Result<void> bury_here(const CacheKey& key, std::uint64_t segment) REFRAIN_REQUIRES(write_mutex_);

  // --- giving back: segment_store_room.cpp

  Result<void> make_room(std::uint64_t record_size) REFRAIN_REQUIRES(write_mutex_);
  /// Whether there would be room for what takes the store to `after` bytes, were it not for readers
  /// of segments that were removed, which hold much of it.
  [[nodiscard]] bool waits_for_readers(std::uint64_t after) const REFRAIN_REQUIRES(write_mutex_);
  /// Whether so many bytes more would leave too little free for others.
  [[nodiscard]] Result<bool> is_too_full(std::uint64_t growth) REFRAIN_REQUIRES(write_mutex_);
  /// Removes one segment; false if there is none.
  Result<bool> give_back() REFRAIN_REQUIRES(write_mutex_);
  /// A segment without entries that may leave, or null.
  [[nodiscard]] std::shared_ptr<SegmentFile> spent_segment() const REFRAIN_REQUIRES(write_mutex_);
  [[nodiscard]] std::shared_ptr<SegmentFile> oldest_segment() const;
  /// An error means that what was written is not durable, as it was before.
  Result<void> rewrite_what_was_read(const std::shared_ptr<SegmentFile>& file)
      REFRAIN_REQUIRES(write_mutex_);
  /// Of segments that were removed and are still being read.
  [[nodiscard]] std::uint64_t pinned_bytes() const REFRAIN_REQUIRES(write_mutex_);
  [[nodiscard]] std::vector<Target> read_since_written(
      const std::shared_ptr<SegmentFile>& file) const;
  bool rewrite(const Target& target) REFRAIN_REQUIRES(write_mutex_);
  Result<void> drop(const std::shared_ptr<SegmentFile>& file, std::int64_t Removals::* cause)
      REFRAIN_REQUIRES(write_mutex_);
  Result<void> drop_through(std::uint64_t segment) REFRAIN_REQUIRES(write_mutex_);
  Result<void> drop_all() REFRAIN_REQUIRES(write_mutex_);
  void expire_some();
  Result<void> remove_spent() REFRAIN_REQUIRES(write_mutex_);
  Result<void> leave_room_for_others() REFRAIN_REQUIRES(write_mutex_);
  Result<void> sync_inserts();

  // --- the snapshot: segment_store_snapshot.cpp

  [[nodiscard]] bool is_snapshot_due() const REFRAIN_REQUIRES(write_mutex_);
  Result<void> write_snapshot() REFRAIN_REQUIRES(write_mutex_);
  Result<void> write_snapshot_draft(const FileDescriptor& draft, std::uint64_t& size)
      REFRAIN_REQUIRES(write_mutex_);
  Result<void> remove_snapshot() REFRAIN_REQUIRES(write_mutex_);

  const Options options_;
  const std::uint64_t max_size_;
  const std::uint64_t segment_size_;
  const std::uint64_t rewrite_reserve_;  // room that only entries get which outlive their segment
  const std::uint64_t fixed_bytes_;      // taken by META, LOCK and the like
  const Clock& clock_;
  const StoreDirectory directory_;
  const std::optional<StoreLock> lock_;  // empty in read-only mode
  const SegmentFile::Surroundings files_;
  const std::unique_ptr<CorruptionTally> tally_;
  const std::int64_t damaged_;
  const std::int64_t foreign_files_;
  const std::int64_t scanned_;

  // Lock order: write_mutex_, then mutex_. write_mutex_ is held during I/O, mutex_ never is.
  Mutex write_mutex_;
  StoreMeta meta_ REFRAIN_GUARDED_BY(write_mutex_);
  std::shared_ptr<SegmentFile> active_ REFRAIN_GUARDED_BY(write_mutex_);
  std::uint32_t active_records_ REFRAIN_GUARDED_BY(write_mutex_);
  std::uint64_t next_segment_ REFRAIN_GUARDED_BY(write_mutex_);
  std::uint64_t unchecked_bytes_ REFRAIN_GUARDED_BY(write_mutex_) =
      0;  // since `is_too_full` looked
  // Appended to since the last sync; only with Durability::kInterval.
  std::vector<std::shared_ptr<SegmentFile>> unsynced_ REFRAIN_GUARDED_BY(write_mutex_);
  std::uint64_t snapshot_size_ REFRAIN_GUARDED_BY(write_mutex_);  // of INDEX; 0: there is none
  std::uint64_t unrecorded_ REFRAIN_GUARDED_BY(write_mutex_);     // records that INDEX lacks
  SteadyTime snapshot_time_ REFRAIN_GUARDED_BY(write_mutex_);

  mutable Mutex mutex_;
  DiskIndex index_ REFRAIN_GUARDED_BY(mutex_);
  Segments segments_ REFRAIN_GUARDED_BY(mutex_);  // changed only with write_mutex_ held as well
  // Keys with records that the index does not know: what replaces them voids these.
  std::unordered_set<std::uint64_t> hidden_ REFRAIN_GUARDED_BY(mutex_);
  bool may_hide_any_ REFRAIN_GUARDED_BY(mutex_);  // of which keys, is not known
  std::int64_t insertions_ REFRAIN_GUARDED_BY(mutex_);
  std::int64_t refusals_ REFRAIN_GUARDED_BY(mutex_) = 0;
  std::int64_t rewritten_ REFRAIN_GUARDED_BY(mutex_) = 0;
  std::uint64_t reads_ REFRAIN_GUARDED_BY(mutex_) = 0;           // since the store was opened
  std::uint64_t recorded_reads_ REFRAIN_GUARDED_BY(mutex_) = 0;  // of these, in INDEX
  Removals removals_ REFRAIN_GUARDED_BY(mutex_);

  std::atomic<std::uint64_t> epoch_;
};

}  // namespace refrain
