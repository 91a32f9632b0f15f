#pragma once

/// @file
/// From the files of a directory to the state of a store.

#include "refrain/core/clock.h"
#include "refrain/core/log.h"
#include "refrain/core/result.h"
#include "refrain/disk/corruption.h"
#include "refrain/disk/disk_index.h"
#include "refrain/disk/disk_record.h"
#include "refrain/disk/index_snapshot.h"
#include "refrain/disk/segment_file.h"
#include "refrain/disk/segment_header.h"
#include "refrain/disk/segment_scan.h"
#include "refrain/disk/store_directory.h"
#include "refrain/disk/store_meta.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace refrain {

/// A segment of a store.
struct StoredSegment {
  std::shared_ptr<SegmentFile> file;
  /// Whether it has tombstones, or records that took the place of others: then it must not leave
  /// before all older segments have, or what it voids would count again.
  bool voids_older = false;
};

/// What recovery found.
struct RecoveredStore {
  StoreMeta meta;
  bool is_meta_stored = false;  ///< Whether `meta` is what the file META says.
  DiskIndex index;
  std::map<std::uint64_t, StoredSegment> segments;
  std::shared_ptr<SegmentFile>
      active;  ///< The segment to append to; null if a new one must be begun.
  std::uint32_t active_records = 0;
  std::uint64_t next_segment = 1;
  std::uint64_t snapshot_size = 0;  ///< Of the file INDEX that is there, in bytes.
  std::int64_t scanned = 0;         ///< Records that were read, since no snapshot knew of them.
  std::int64_t damaged = 0;         ///< Files, or ends of files, that could not be read.
  std::int64_t foreign_files = 0;   ///< Files that are not of this store. They are left alone.
};

/// Rebuilds a store's index from a snapshot and the records behind it or, without one that holds,
/// from the headers of all records, oldest first. Nothing but the segments is trusted: what a
/// snapshot says is checked when an entry is read.
///
/// Every record says how many keys had been erased before it, and META says it for the end. Where
/// more erasures were written than were read, one was lost to damage: then every older record is
/// forgotten, since any of them may be what was erased.
///
/// An owner also tidies: it cuts what a dying writer left half-written, finishes an interrupted
/// `clear`, removes drafts, damaged segments and what an older format left. It never removes a
/// foreign file.
class SegmentRecovery {
public:
  struct Plan {
    OpenMode mode = OpenMode::kOwner;
    std::chrono::seconds ttl{};
    WallTime now;
    SegmentFile::Surroundings files;
    std::uint64_t max_payload_bytes = 0;  ///< A snapshot's entry that says more is left out.
  };

  /// All outlives the recovery.
  SegmentRecovery(const StoreDirectory& directory,
                  const Plan& plan,
                  CorruptionReporter& reporter,
                  Log& log)
      : directory_(directory),
        plan_(plan),
        reporter_(reporter),
        log_(log) {}

  /// Call once. Fails if the directory cannot be read or was written by a newer program.
  Result<RecoveredStore> run();

private:
  struct Candidate {
    SegmentHeader header;
    std::shared_ptr<SegmentFile> file;
  };

  Result<void> recover_meta();
  /// The ids of all files with a segment's name, ascending.
  Result<std::vector<std::uint64_t>> list_segments();
  Result<void> open_segment(std::uint64_t id, std::vector<Candidate>& candidates);
  Result<void> judge_segment(Candidate candidate, std::vector<Candidate>& candidates);
  Result<void> keep_unreadable(const Candidate& candidate, const Error& error);
  Result<void> handle_damaged_header(const Candidate& candidate,
                                     bool looks_like_ours,
                                     const std::string& reason);
  Result<void> remove_if_owner(const std::string& name);
  void adopt_meta_of(const std::vector<Candidate>& candidates);
  Result<void> keep_current(std::vector<Candidate>& candidates);
  /// Where scanning has to begin; a snapshot that does not hold is removed.
  Result<StorePosition> recover_snapshot();
  Result<StorePosition> read_snapshot(const FileDescriptor& file, std::uint64_t size);
  Result<void> read_chunks(const FileDescriptor& file,
                           std::uint64_t size,
                           const SnapshotHeader& header);
  /// What is in INDEX from `offset` on, as far as `bytes` and the file go.
  [[nodiscard]] Result<std::span<const char>> read_index(const FileDescriptor& file,
                                                         std::uint64_t offset,
                                                         std::span<char> bytes) const;
  [[nodiscard]] Result<void> check_snapshot(const SnapshotHeader& header) const;
  /// Takes over what a snapshot says and the segments allow.
  void adopt(std::span<const IndexedEntry> entries);
  Result<void> scan_from(const StorePosition& known, const std::vector<Candidate>& candidates);
  Result<void> scan(const Candidate& candidate, const ScanBegin& begin);
  void replay(const RecordHeader& header, const RecordLocation& location);
  void forget_older();
  void report(Corruption::Kind kind,
              const std::string& file,
              std::uint64_t offset,
              const std::string& reason);

  [[nodiscard]] bool is_owner() const { return plan_.mode == OpenMode::kOwner; }

  const StoreDirectory& directory_;
  const Plan plan_;
  CorruptionReporter& reporter_;
  Log& log_;
  RecoveredStore store_;
  std::uint64_t erasures_ = 0;  // tombstones that the records read so far know of
};

}  // namespace refrain
