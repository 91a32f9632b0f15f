#include "refrain/cache/residency.h"
#include "refrain/disk/segment_header.h"
#include "refrain/disk/segment_store.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <limits>

namespace refrain {
namespace {

// Beyond them any key is taken for one that the index has forgotten.
constexpr std::size_t kMaxHidden = 10'000;

iovec buffer_of(std::span<const char> bytes) {
  // iovec serves reading and writing alike and so has no const; `pwritev` does not change the
  // bytes. NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
  return {const_cast<char*>(bytes.data()), bytes.size()};
}

}  // namespace

bool SegmentStore::is_refused(const Entry& entry, WallTime now) const {
  const std::uint64_t payload = entry.content_type().size() + entry.body().size();
  const std::uint64_t alone = SegmentHeader::kSize + RecordHeader::kSize + payload;
  const auto max_entry =
      static_cast<std::uint64_t>(std::max<std::int64_t>(options_.max_entry_bytes, 0));
  const std::uint64_t room = max_size_ - rewrite_reserve_ - fixed_bytes_;
  return payload > max_entry || files_.usage->taken_by(alone) > room ||
         alone > std::numeric_limits<std::uint32_t>::max() || !entry.is_usable(now) ||
         resident_until(entry.metadata(), now, options_.ttl) <= now;
}

bool SegmentStore::refuses(const Entry& entry) {
  if (!is_refused(entry, clock_.now())) return false;
  const MutexLock lock(mutex_);
  ++refusals_;
  return true;
}

Result<InsertOutcome> SegmentStore::insert(const Entry& entry) {
  Result<void> owned = require_owner();
  if (!owned) return fail(std::move(owned.error()));
  if (refuses(entry)) return InsertOutcome::kRefused;
  const WallTime now = clock_.now();
  const MutexLock write(write_mutex_);
  const Result<RecordLocation> location = append(entry_record(entry, now), &entry);
  if (!location) {
    forget(entry.key(), &Removals::replaced);
    const MutexLock lock(mutex_);
    // It may have been written, and only not have been synced.
    hide(entry.key().hash());
    return fail(location.error());
  }
  IndexedEntry indexed;
  indexed.fingerprint = entry.key().hash();
  indexed.location = *location;
  indexed.resident_until =
      std::min(resident_until(entry.metadata(), now, options_.ttl), entry.metadata().usable_until);
  const MutexLock lock(mutex_);
  ++insertions_;
  const std::optional<IndexedEntry> before = index_.insert(indexed);
  const bool is_elsewhere = before && before->location.segment != location->segment;
  if (is_elsewhere || is_hidden(indexed.fingerprint)) mark_voiding(location->segment);
  if (before) ++removals_.replaced;
  return InsertOutcome::kStored;
}

void SegmentStore::hide(std::uint64_t fingerprint) {
  if (may_hide_any_) return;
  hidden_.insert(fingerprint);
  if (hidden_.size() <= kMaxHidden) return;
  hidden_.clear();
  may_hide_any_ = true;
}

bool SegmentStore::is_hidden(std::uint64_t fingerprint) const {
  return may_hide_any_ || hidden_.contains(fingerprint);
}

void SegmentStore::mark_voiding(std::uint64_t segment) {
  segments_.at(segment).voids_older = true;
}

bool SegmentStore::needs_new_segment(std::uint64_t record_size) const {
  if (!active_ || !active_->is_appendable()) return true;
  return active_records_ > 0 && active_->size() + record_size > segment_size_;
}

std::uint64_t SegmentStore::bytes_with(std::uint64_t record_size) const {
  const DiskUsage& usage = *files_.usage;
  if (needs_new_segment(record_size))
    return usage.bytes() + usage.taken_by(SegmentHeader::kSize + record_size);
  return usage.bytes() + usage.taken_by(active_->size() + record_size) -
         usage.taken_by(active_->size());
}

Result<void> SegmentStore::begin_segment() {
  if (next_segment_ > SegmentHeader::kMaxId) {
    return fail(ErrorCode::kUnavailable, "the disk cache has used up its segment numbers");
  }
  SegmentHeader header;
  header.id = next_segment_++;
  header.generation = meta_.generation;
  header.epoch = meta_.epoch;
  const std::string name = segment_file_name(header.id);
  Result<FileDescriptor> descriptor = directory_.open_file(name, O_RDWR | O_CREAT | O_EXCL);
  if (!descriptor) return fail(std::move(descriptor.error()));
  auto file = std::make_shared<SegmentFile>(std::move(*descriptor), header.id, 0, files_);
  const std::array<char, SegmentHeader::kSize> bytes = encode(header);
  const std::array<iovec, 1> buffers{buffer_of(bytes)};
  Result<void> written = file->append(buffers);
  // What is synced into a file is only as safe as the file's name.
  if (written && options_.durability == Durability::kAlways) written = directory_.sync();
  if (!written) {
    const Result<void> removed = directory_.remove(name);
    return removed ? written : removed;
  }
  active_ = std::move(file);
  active_records_ = 0;
  const MutexLock lock(mutex_);
  segments_[active_->id()].file = active_;
  return {};
}

Result<RecordLocation> SegmentStore::append(RecordHeader header, const Entry* payload) {
  Result<void> ready = make_room(header.record_size());
  if (!ready) return fail(std::move(ready.error()));
  Result<RecordLocation> location = append_here(header, payload);
  if (location || location.error().code() != ErrorCode::kTooLarge) return location;
  // The file system is full, whoever filled it: what is oldest here makes room.
  if (oldest_segment() == active_) return location;
  const Result<bool> given_back = give_back();
  if (!given_back || !*given_back) return location;
  ready = make_room(header.record_size());
  if (!ready) return fail(std::move(ready.error()));
  return append_here(header, payload);
}

Result<RecordLocation> SegmentStore::append_here(RecordHeader header, const Entry* payload) {
  if (needs_new_segment(header.record_size())) {
    Result<void> begun = begin_segment();
    if (!begun) return fail(std::move(begun.error()));
  }
  header.sequence = record_sequence(active_->id(), active_records_);
  header.erasures = meta_.erasures;
  RecordLocation location;
  location.segment = static_cast<std::uint32_t>(active_->id());
  location.offset = static_cast<std::uint32_t>(active_->size());
  location.payload_size = static_cast<std::uint32_t>(header.payload_size());
  const std::array<char, RecordHeader::kSize> head = encode(header);
  std::array<iovec, 3> buffers{buffer_of(head), iovec{}, iovec{}};
  if (payload != nullptr) {
    buffers[1] = buffer_of(payload->content_type());
    buffers[2] = buffer_of(payload->body());
  }
  Result<void> written = active_->append(buffers);
  if (!written) return fail(std::move(written.error()));
  ++active_records_;
  ++unrecorded_;
  unchecked_bytes_ += header.record_size();
  written = make_durable();
  if (!written) return fail(std::move(written.error()));
  return location;
}

Result<void> SegmentStore::make_durable() {
  if (options_.durability == Durability::kAlways) return active_->sync();
  if (options_.durability == Durability::kInterval &&
      (unsynced_.empty() || unsynced_.back() != active_)) {
    unsynced_.push_back(active_);
  }
  return {};
}

Result<void> SegmentStore::write_tombstone(const CacheKey& key, std::uint64_t segment) {
  const Result<RecordLocation> written = append(tombstone_record(key, clock_.now()), nullptr);
  if (written) {
    ++meta_.erasures;
    const MutexLock lock(mutex_);
    mark_voiding(written->segment);
    return {};
  }
  // A full disk takes no tombstone, but it lets the entry go together with everything older.
  return drop_through(segment);
}

Result<void> SegmentStore::commit_erasures(std::uint64_t erasures_before) {
  if (meta_.erasures == erasures_before) return {};
  if (active_) {
    Result<void> synced = active_->sync();
    if (!synced) return synced;
  }
  return directory_.write_meta(meta_);
}

Result<bool> SegmentStore::erase(const CacheKey& key) {
  Result<void> done = require_owner();
  if (!done) return fail(std::move(done.error()));
  const MutexLock write(write_mutex_);
  const WallTime now = clock_.now();
  std::optional<Target> target;
  {
    const MutexLock lock(mutex_);
    const std::optional<IndexedEntry> entry = index_.find(key);
    if (!entry && !is_hidden(key.hash())) return false;
    if (entry) target = Target{*entry, segments_.at(entry->location.segment).file};
  }
  if (!target) {
    done = bury_here(key, next_segment_);
    if (!done) return fail(std::move(done.error()));
    return false;
  }
  const bool is_over = target->indexed.resident_until <= now;
  const RecordReader reader(target->file, target->indexed.location);
  const RecordRead read = reader.describe(key.hash());
  const bool is_anothers =
      read.outcome == RecordRead::Outcome::kFound && read.header.metadata.key != key;
  if (is_anothers) return false;
  bool was_there = false;
  {
    const MutexLock lock(mutex_);
    // Forgotten meanwhile, it still is on the disk.
    was_there = index_.erase_at(key.hash(), target->indexed.location);
    if (was_there) ++(is_over ? removals_.expired : removals_.invalidated);
  }
  done = bury_here(key, target->indexed.location.segment);
  if (!done) return fail(std::move(done.error()));
  return was_there && !is_over;
}

Result<void> SegmentStore::bury(const CacheKey& key) {
  Result<void> owned = require_owner();
  if (!owned) return owned;
  const MutexLock write(write_mutex_);
  {
    const MutexLock lock(mutex_);
    if (index_.erase(key)) ++removals_.invalidated;
  }
  return bury_here(key, next_segment_);
}

Result<void> SegmentStore::bury_here(const CacheKey& key, std::uint64_t segment) {
  const std::uint64_t erasures_before = meta_.erasures;
  Result<void> done = write_tombstone(key, segment);
  if (done) done = commit_erasures(erasures_before);
  const MutexLock lock(mutex_);
  done ? static_cast<void>(hidden_.erase(key.hash())) : hide(key.hash());
  return done;
}

Result<void> SegmentStore::erase_corrupt(const std::vector<CacheKey>& corrupt) {
  const MutexLock write(write_mutex_);
  // What the index has forgotten without a tombstone is still in the snapshot.
  ++unrecorded_;
  const std::uint64_t erasures_before = meta_.erasures;
  for (const CacheKey& key : corrupt) {
    {
      const MutexLock lock(mutex_);
      if (index_.find(key)) continue;  // replaced meanwhile
    }
    Result<void> done = write_tombstone(key, next_segment_);
    if (!done) return done;
  }
  return commit_erasures(erasures_before);
}

Result<void> SegmentStore::clear(std::uint64_t epoch) {
  Result<void> owned = require_owner();
  if (!owned) return owned;
  const MutexLock write(write_mutex_);
  meta_.epoch = std::max(meta_.epoch, epoch);
  ++meta_.generation;
  // From here on a crash finds segments of an older generation, which are void, and so is INDEX.
  Result<void> committed = directory_.write_meta(meta_);
  {
    const MutexLock lock(mutex_);
    removals_.invalidated += static_cast<std::int64_t>(index_.clear());
  }
  active_ = nullptr;
  Result<void> dropped = drop_all();
  if (dropped) dropped = remove_snapshot();
  // On a full disk there is room for META only now.
  if (!committed) committed = directory_.write_meta(meta_);
  if (committed) epoch_.store(meta_.epoch, std::memory_order_release);
  // Else the generation goes on: what is inserted now must count beside what could not be removed.
  if (!committed) --meta_.generation;
  const MutexLock lock(mutex_);
  hidden_.clear();
  may_hide_any_ = !committed;
  return committed ? dropped : committed;
}

}  // namespace refrain
