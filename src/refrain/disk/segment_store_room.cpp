#include "refrain/disk/segment_header.h"
#include "refrain/disk/segment_store.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace refrain {
namespace {

// One step of `sweep` under the lock: short enough that a look-up never waits noticeably.
constexpr std::size_t kSweptAtOnce = 4096;
constexpr int kSweepRounds = 64;
constexpr int kSweptSegments = 8;
// Of a segment's entries, whether they were read since they were written: the newest of them.
constexpr std::size_t kMostLookedAt = 16'384;
// Of the store's room.
constexpr std::uint64_t kPinnedShare = 4;
// How much is written between two looks at what the file system has left.
constexpr std::uint64_t kUncheckedBytes = 1U << 20U;

}  // namespace

Result<void> SegmentStore::make_room(std::uint64_t record_size) {
  for (;;) {
    const std::uint64_t after = bytes_with(record_size);
    const std::uint64_t room = max_size_ - rewrite_reserve_;
    const Result<bool> is_full =
        after > room ? Result<bool>(true) : is_too_full(after - files_.usage->bytes());
    if (!is_full) return fail(is_full.error());
    if (!*is_full) return {};
    if (waits_for_readers(after)) {
      return fail(ErrorCode::kTooLarge,
                  "the disk cache is full of entries that are still being sent");
    }
    const Result<bool> given_back = give_back();
    if (!given_back) return fail(given_back.error());
    if (*given_back) continue;
    if (after > room) return fail(ErrorCode::kTooLarge, "the disk cache has no room for it");
    return fail(
        ErrorCode::kTooLarge,
        "the file system has less free than " + std::to_string(options_.min_free_bytes) + " bytes");
  }
}

bool SegmentStore::waits_for_readers(std::uint64_t after) const {
  // Readers of segments that are gone give the room back by themselves. Most are done in an
  // instant; but to evict more for ever more slow ones would let a few of them empty the store.
  const std::uint64_t pinned = pinned_bytes();
  return pinned > max_size_ / kPinnedShare && after - pinned <= max_size_ - rewrite_reserve_;
}

Result<bool> SegmentStore::is_too_full(std::uint64_t growth) {
  if (options_.min_free_bytes <= 0) return false;
  if (active_ && unchecked_bytes_ < kUncheckedBytes) return false;
  const Result<std::uint64_t> free = directory_.free_bytes();
  if (!free) return fail(free.error());
  if (*free < static_cast<std::uint64_t>(options_.min_free_bytes) + growth) return true;
  unchecked_bytes_ = 0;
  return false;
}

std::shared_ptr<SegmentFile> SegmentStore::oldest_segment() const {
  const MutexLock lock(mutex_);
  return segments_.empty() ? nullptr : segments_.begin()->second.file;
}

std::shared_ptr<SegmentFile> SegmentStore::spent_segment() const {
  const MutexLock lock(mutex_);
  bool is_oldest = true;
  for (const auto& [id, segment] : segments_) {
    const bool may_leave = (is_oldest || !segment.voids_older) && segment.file != active_;
    if (may_leave && index_.live_in(static_cast<std::uint32_t>(id)) == 0) return segment.file;
    is_oldest = false;
  }
  return nullptr;
}

Result<bool> SegmentStore::give_back() {
  // What is over goes before anything that is not.
  if (const std::shared_ptr<SegmentFile> spent = spent_segment()) {
    const Result<void> dropped = drop(spent, &Removals::expired);
    if (!dropped) return fail(dropped.error());
    return true;
  }
  const std::shared_ptr<SegmentFile> oldest = oldest_segment();
  if (!oldest) {
    // The last thing that can be done without.
    if (snapshot_size_ == 0) return false;
    const Result<void> removed = remove_snapshot();
    if (!removed) return fail(removed.error());
    return true;
  }
  if (active_ == oldest) active_ = nullptr;
  const Result<void> rewritten = rewrite_what_was_read(oldest);
  if (!rewritten) return fail(rewritten.error());
  const Result<void> dropped = drop(oldest, &Removals::capacity);
  if (!dropped) return fail(dropped.error());
  return true;
}

std::vector<SegmentStore::Target> SegmentStore::read_since_written(
    const std::shared_ptr<SegmentFile>& file) const {
  const WallTime now = clock_.now();
  std::vector<Target> found;
  {
    const MutexLock lock(mutex_);
    for (const IndexedEntry& entry :
         index_.entries_in(static_cast<std::uint32_t>(file->id()), kMostLookedAt)) {
      if (entry.reads > 0 && entry.resident_until > now) found.push_back({entry, file});
    }
  }
  std::ranges::sort(found, std::ranges::greater(), [](const Target& target) {
    return std::pair(target.indexed.reads, target.indexed.last_read);
  });
  return found;
}

std::uint64_t SegmentStore::pinned_bytes() const {
  const DiskUsage& usage = *files_.usage;
  std::uint64_t accounted = fixed_bytes_ + usage.taken_by(snapshot_size_);
  const MutexLock lock(mutex_);
  for (const auto& [id, segment] : segments_)
    accounted += usage.taken_by(segment.file->size());
  return usage.bytes() - std::min(usage.bytes(), accounted);
}

Result<void> SegmentStore::rewrite_what_was_read(const std::shared_ptr<SegmentFile>& file) {
  // Half a segment at most, so that every segment given back brings room.
  std::uint64_t left = rewrite_reserve_;
  std::vector<std::shared_ptr<SegmentFile>> written;
  for (const Target& target : read_since_written(file)) {
    const std::uint64_t size = RecordHeader::kSize + target.indexed.location.payload_size;
    if (size > left || bytes_with(size) > max_size_) continue;
    if (!rewrite(target)) break;
    left -= size;
    if (active_ && (written.empty() || written.back() != active_)) written.push_back(active_);
  }
  // They were durable, and remain so: before the segment goes that has them.
  Result<void> synced;
  if (options_.durability == Durability::kNone) return synced;
  for (const std::shared_ptr<SegmentFile>& segment : written) {
    if (synced) synced = segment->sync();
  }
  return synced;
}

bool SegmentStore::rewrite(const Target& target) {
  const RecordReader reader(target.file, target.indexed.location);
  RecordRead read = reader.read(target.indexed.fingerprint, nullptr);
  // Damaged: it leaves with its segment.
  if (read.outcome != RecordRead::Outcome::kFound) return true;
  read.header.reads += target.indexed.reads;
  read.header.last_read = target.indexed.last_read;
  const Result<RecordLocation> location = append_here(read.header, &*read.entry);
  if (!location) return false;
  const MutexLock lock(mutex_);
  if (index_.relocate(target.indexed.fingerprint, target.indexed.location, *location)) {
    ++rewritten_;
    mark_voiding(location->segment);
  }
  return true;
}

Result<void> SegmentStore::drop(const std::shared_ptr<SegmentFile>& file,
                                std::int64_t Removals::* cause) {
  // First: what stays on the disk would count when the store is opened again, so it stays known.
  Result<void> removed = directory_.remove(segment_file_name(file->id()));
  if (!removed) return removed;
  const auto id = static_cast<std::uint32_t>(file->id());
  for (bool is_empty = false; !is_empty;) {
    const MutexLock lock(mutex_);
    const DiskIndex::Dropped dropped = index_.drop_from(id, clock_.now(), kSweptAtOnce);
    removals_.expired += static_cast<std::int64_t>(dropped.expired);
    removals_.*cause += static_cast<std::int64_t>(dropped.live);
    is_empty = index_.live_in(id) == 0;
  }
  if (active_ == file) active_ = nullptr;
  std::erase(unsynced_, file);
  const MutexLock lock(mutex_);
  segments_.erase(file->id());
  return {};
}

Result<void> SegmentStore::drop_through(std::uint64_t segment) {
  for (auto oldest = oldest_segment(); oldest && oldest->id() <= segment;
       oldest = oldest_segment()) {
    Result<void> dropped = drop(oldest, &Removals::capacity);
    if (!dropped) return dropped;
  }
  return directory_.sync();
}

Result<void> SegmentStore::drop_all() {
  while (const std::shared_ptr<SegmentFile> oldest = oldest_segment()) {
    Result<void> dropped = drop(oldest, &Removals::invalidated);
    if (!dropped) return dropped;
  }
  return directory_.sync();
}

void SegmentStore::expire_some() {
  const WallTime now = clock_.now();
  for (int round = 0; round < kSweepRounds; ++round) {
    const MutexLock lock(mutex_);
    removals_.expired += static_cast<std::int64_t>(index_.expire(now, kSweptAtOnce));
    if (index_.slot_count() <= static_cast<std::size_t>(round + 1) * kSweptAtOnce) return;
  }
}

Result<void> SegmentStore::sync_inserts() {
  std::vector<std::shared_ptr<SegmentFile>> unsynced;
  {
    const MutexLock write(write_mutex_);
    unsynced.swap(unsynced_);
  }
  if (unsynced.empty()) return {};
  // Without the lock: writers go on meanwhile. The names come last: some of the files may be new.
  Result<void> synced;
  for (const std::shared_ptr<SegmentFile>& file : unsynced) {
    if (synced) synced = file->sync();
  }
  if (synced) synced = directory_.sync();
  if (synced) return {};
  // All that are still there are tried again by the next sweep.
  const MutexLock write(write_mutex_);
  std::erase_if(unsynced, [](const auto& file) { return !file->is_linked(); });
  unsynced_.insert(unsynced_.begin(), unsynced.begin(), unsynced.end());
  return synced;
}

Result<void> SegmentStore::sweep() {
  expire_some();
  if (options_.mode != OpenMode::kOwner) return {};
  Result<void> done = sync_inserts();
  if (!done) return done;
  const MutexLock write(write_mutex_);
  done = remove_spent();
  if (done) done = leave_room_for_others();
  if (!done || !is_snapshot_due()) return done;
  return write_snapshot();
}

Result<void> SegmentStore::remove_spent() {
  for (int count = 0; count < kSweptSegments; ++count) {
    const std::shared_ptr<SegmentFile> spent = spent_segment();
    if (!spent) break;
    // A segment that cannot be removed now is tried again by the next sweep.
    Result<void> dropped = drop(spent, &Removals::expired);
    if (!dropped) return dropped;
  }
  return {};
}

Result<void> SegmentStore::leave_room_for_others() {
  unchecked_bytes_ = kUncheckedBytes;
  for (int count = 0; count < kSweptSegments; ++count) {
    const Result<bool> is_too_full = this->is_too_full(0);
    if (!is_too_full) return fail(is_too_full.error());
    if (!*is_too_full) break;
    const Result<bool> given_back = give_back();
    if (!given_back) return fail(given_back.error());
    if (!*given_back) break;
  }
  return {};
}

}  // namespace refrain
