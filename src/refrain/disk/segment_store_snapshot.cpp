#include "refrain/disk/index_snapshot.h"
#include "refrain/disk/segment_header.h"
#include "refrain/disk/segment_store.h"

#include <algorithm>
#include <utility>

namespace refrain {
namespace {

// A store that is opened after a crash reads this many records one by one, or as many as the
// snapshot has, in a few hundredths of a second: not worth a snapshot.
constexpr std::uint64_t kUnrecordedAtLeast = 100'000;
// A snapshot so small is written now and then only to remember what was read.
constexpr std::uint64_t kSmallSnapshot = 4U << 20U;
constexpr std::chrono::minutes kSmallSnapshotInterval{5};
// Of the store's room.
constexpr std::uint64_t kSnapshotShare = 4;

}  // namespace

bool SegmentStore::is_snapshot_due() const {
  std::uint64_t items = 0;
  std::uint64_t size = 0;
  bool is_changed = unrecorded_ > 0;
  {
    const MutexLock lock(mutex_);
    items = index_.size();
    size = snapshot_size(items, index_.slot_count());
    is_changed = is_changed || reads_ != recorded_reads_;
  }
  // Twice as many records each time: what is written for snapshots stays in proportion to what is
  // written anyway.
  if (unrecorded_ > std::max(kUnrecordedAtLeast, items / 2)) return true;
  return is_changed && size <= kSmallSnapshot &&
         clock_.steady_now() >= snapshot_time_ + kSmallSnapshotInterval;
}

Result<void> SegmentStore::remove_snapshot() {
  Result<void> removed = directory_.remove(StoreDirectory::kIndexName);
  if (removed) removed = directory_.remove(StoreDirectory::kIndexDraftName);
  if (!removed) return removed;
  files_.usage->resize(std::exchange(snapshot_size_, 0), 0);
  return {};
}

Result<void> SegmentStore::write_snapshot() {
  snapshot_time_ = clock_.steady_now();
  // The old one goes first, so that there is never more than one: without it everything is read.
  Result<void> done = remove_snapshot();
  if (!done) return done;
  std::uint64_t expected = 0;
  std::uint64_t reads = 0;
  {
    const MutexLock lock(mutex_);
    expected = snapshot_size(index_.size(), index_.slot_count());
    reads = reads_;
  }
  if (expected > max_size_ / kSnapshotShare) return {};
  while (files_.usage->bytes() + files_.usage->taken_by(expected) > max_size_) {
    if (pinned_bytes() > 0) return {};  // another time, rather than evict for what is being sent
    const Result<bool> given_back = give_back();
    if (!given_back) return fail(given_back.error());
    if (!*given_back) return {};
  }
  const Result<FileDescriptor> draft = directory_.begin_draft(StoreDirectory::kIndexDraftName);
  if (!draft) return fail(draft.error());
  files_.usage->resize(0, expected);
  snapshot_size_ = expected;
  std::uint64_t size = SnapshotHeader::kSize;
  done = write_snapshot_draft(*draft, size);
  if (done)
    done = directory_.replace_by_draft(StoreDirectory::kIndexDraftName, StoreDirectory::kIndexName);
  if (!done) {
    static_cast<void>(remove_snapshot());
    return done;
  }
  files_.usage->resize(std::exchange(snapshot_size_, size), size);
  unrecorded_ = 0;
  const MutexLock lock(mutex_);
  recorded_reads_ = reads;
  return {};
}

Result<void> SegmentStore::write_snapshot_draft(const FileDescriptor& draft, std::uint64_t& size) {
  SnapshotHeader header;
  header.generation = meta_.generation;
  header.erasures = meta_.erasures;
  header.next_segment = next_segment_;
  header.ttl = options_.ttl;
  header.written = clock_.now();
  if (active_ && active_->is_appendable()) {
    header.position = StorePosition{active_->id(), active_->size(), active_records_};
  } else {
    // Every record there is lies in a segment before the next.
    header.position = StorePosition{next_segment_, SegmentHeader::kSize, 0};
  }
  std::vector<IndexedEntry> chunk;
  for (std::size_t first = 0;; first += SnapshotChunk::kMaxEntries) {
    {
      const MutexLock lock(mutex_);
      if (first >= index_.slot_count()) break;
      chunk = index_.entries_from(first, SnapshotChunk::kMaxEntries);
    }
    if (chunk.empty()) continue;
    header.entries += chunk.size();
    const std::string bytes = encode_snapshot_chunk(chunk, snapshot_seal(header, size));
    Result<void> written = directory_.extend_draft(draft, size, bytes);
    if (!written) return written;
  }
  std::uint64_t begin = 0;
  return directory_.extend_draft(draft, begin, encode(header));
}

}  // namespace refrain
