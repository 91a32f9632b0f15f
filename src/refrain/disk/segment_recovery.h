#pragma once

/// @file
/// From the files of a directory to the state of a store.

#include "refrain/core/clock.h"
#include "refrain/core/log.h"
#include "refrain/core/result.h"
#include "refrain/disk/disk_index.h"
#include "refrain/disk/disk_record.h"
#include "refrain/disk/segment_file.h"
#include "refrain/disk/segment_header.h"
#include "refrain/disk/segment_scan.h"
#include "refrain/disk/store_directory.h"
#include "refrain/disk/store_meta.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace refrain {

/// What recovery found.
struct RecoveredStore {
  StoreMeta meta;
  bool is_meta_stored = false;  ///< Whether `meta` is what the file META says.
  DiskIndex index;
  std::map<std::uint64_t, std::shared_ptr<SegmentFile>> segments;
  std::shared_ptr<SegmentFile>
      active;  ///< The segment to append to; null if a new one must be begun.
  std::uint32_t active_records = 0;
  std::uint64_t next_segment = 1;
  std::int64_t damaged = 0;        ///< Files, or ends of files, that could not be read.
  std::int64_t foreign_files = 0;  ///< Files that are not of this store. They are left alone.
};

/// Rebuilds a store's index by reading the headers of all records, oldest first; nothing but the
/// segments is trusted.
///
/// Every record says how many keys had been erased before it, and META says it for the end. Where
/// more erasures were written than were read, one was lost to damage: then every older record is
/// forgotten, since any of them may be what was erased.
///
/// An owner also tidies: it cuts what a dying writer left half-written, finishes an interrupted
/// `clear` and removes damaged segments. It never removes a foreign file.
class SegmentRecovery {
public:
  SegmentRecovery(const StoreDirectory& directory,
                  OpenMode mode,
                  std::chrono::seconds ttl,
                  WallTime now,
                  Log& log)
      : directory_(directory),
        mode_(mode),
        ttl_(ttl),
        now_(now),
        log_(log) {}

  /// Call once. Fails if the directory cannot be read or was written by another format version.
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
  Result<void> handle_damaged_header(const Candidate& candidate, bool looks_like_ours);
  Result<void> remove_if_owner(std::uint64_t id);
  void adopt_meta_of(const std::vector<Candidate>& candidates);
  Result<void> scan(const Candidate& candidate, bool is_newest);
  void replay(const RecordHeader& header, const RecordLocation& location);
  void forget_older();

  [[nodiscard]] bool is_owner() const { return mode_ == OpenMode::kOwner; }

  const StoreDirectory& directory_;
  OpenMode mode_;
  std::chrono::seconds ttl_;
  WallTime now_;
  Log& log_;
  RecoveredStore store_;
  std::uint64_t erasures_ = 0;  // tombstones that the records read so far know of
};

}  // namespace refrain
