#include "refrain/disk/segment_store.h"

#include "refrain/cache/residency.h"
#include "refrain/disk/segment_header.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <limits>

namespace refrain {
namespace {

constexpr std::uint64_t kMiB = 1U << 20U;
constexpr std::uint64_t kMaxSegmentSize = 2048 * kMiB;
// Longer ones would only invite overflow.
constexpr std::chrono::seconds kMaxTtl = std::chrono::hours(24 * 36500);

// One step of `sweep`: short enough that a look-up never waits noticeably.
constexpr std::size_t kSweptRecordsAtOnce = 512;
constexpr int kSweepRounds = 8;
constexpr int kSweptSegments = 8;

std::uint64_t segment_size_for(const SegmentStore::Options& options) {
  const auto max_size = static_cast<std::uint64_t>(options.max_size_bytes);
  std::uint64_t wanted =
      static_cast<std::uint64_t>(std::max<std::int64_t>(options.segment_size_bytes, 0));
  if (wanted == 0) wanted = std::max(std::clamp(max_size / 16, kMiB, 64 * kMiB), max_size / 256);
  return std::clamp<std::uint64_t>(
      wanted, 1, std::min(std::max<std::uint64_t>(max_size / 4, 1), kMaxSegmentSize));
}

std::uint64_t total_size(const std::map<std::uint64_t, std::shared_ptr<SegmentFile>>& segments) {
  std::uint64_t size = 0;
  for (const auto& [id, file] : segments)
    size += file->size();
  return size;
}

iovec buffer_of(std::span<const char> bytes) {
  // iovec serves reading and writing alike and so has no const; `pwritev` does not change the
  // bytes. NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
  return {const_cast<char*>(bytes.data()), bytes.size()};
}

/// Reads a record and checks everything about it: `kCorrupt` if it is not what was once written.
Result<Entry> read_entry(const SegmentFile& file,
                         const CacheKey& key,
                         const RecordLocation& location) {
  std::array<char, RecordHeader::kSize> head{};
  Entry::Draft draft(location.content_type_size, location.body_size);
  const std::array<iovec, 3> buffers{
      {buffer_of(head), buffer_of(draft.content_type()), buffer_of(draft.body())}};
  const Result<std::size_t> count = file.read(location.offset, buffers);
  if (!count) return fail(count.error());
  const Result<RecordHeader> header = decode_record_header(head);
  if (!header) return fail(header.error());
  const bool is_the_one = header->kind == RecordKind::kEntry && header->metadata.key == key &&
                          header->sequence >> 32U == location.segment &&
                          header->content_type_size == location.content_type_size &&
                          header->body_size == location.body_size &&
                          *count == header->record_size();
  if (!is_the_one) return fail(ErrorCode::kCorrupt, "another record lies in this one's place");
  return draft.seal(header->metadata, header->payload_checksum);
}

/// What `list` shows, read without the body.
Result<SegmentStore::StoredEntry> read_description(const SegmentFile& file,
                                                   const RecordLocation& location) {
  std::array<char, RecordHeader::kSize> head{};
  SegmentStore::StoredEntry found;
  found.content_type.resize(location.content_type_size);
  const std::array<iovec, 2> buffers{{buffer_of(head), buffer_of(found.content_type)}};
  const Result<std::size_t> count = file.read(location.offset, buffers);
  if (!count) return fail(count.error());
  const Result<RecordHeader> header = decode_record_header(head);
  if (!header) return fail(header.error());
  found.metadata = header->metadata;
  found.body_size = header->body_size;
  found.inserted = header->inserted;
  return found;
}

}  // namespace

Result<std::unique_ptr<SegmentStore>> SegmentStore::open(const Options& options,
                                                         const Clock& clock,
                                                         Log& log) {
  if (options.max_size_bytes < 1) {
    return fail(ErrorCode::kInvalidArgument, "the size limit must be positive", "max_size_bytes");
  }
  Result<StoreDirectory> directory = StoreDirectory::open(options.directory, options.mode);
  if (!directory) return fail(std::move(directory.error()));
  std::optional<StoreLock> lock;
  if (options.mode == OpenMode::kOwner) {
    Result<StoreLock> acquired = StoreLock::acquire(*directory);
    if (!acquired) return fail(std::move(acquired.error()));
    lock = std::move(*acquired);
  }
  const std::chrono::seconds ttl = std::clamp(options.ttl, std::chrono::seconds(0), kMaxTtl);
  Result<RecoveredStore> recovered =
      SegmentRecovery(*directory, options.mode, ttl, clock.now(), log).run();
  if (!recovered) return fail(std::move(recovered.error()));
  if (lock && !recovered->is_meta_stored) {
    Result<void> written = directory->write_meta(recovered->meta);
    if (!written) return fail(std::move(written.error()));
  }
  Options used = options;
  used.ttl = ttl;
  std::unique_ptr<SegmentStore> store(
      new SegmentStore(used, clock, std::move(*directory), std::move(lock), std::move(*recovered)));
  if (options.mode == OpenMode::kOwner) {
    Result<void> enforced = store->enforce_limit();
    if (!enforced) return fail(std::move(enforced.error()));
  }
  return store;
}

Result<void> SegmentStore::enforce_limit() {
  const MutexLock write(write_mutex_);
  while (size_bytes_ > max_size_) {
    Result<void> dropped = drop_oldest(&Removals::capacity);
    if (!dropped) return dropped;
  }
  return {};
}

SegmentStore::SegmentStore(const Options& options,
                           const Clock& clock,
                           StoreDirectory directory,
                           std::optional<StoreLock> lock,
                           RecoveredStore recovered)
    : options_(options),
      max_size_(static_cast<std::uint64_t>(options.max_size_bytes)),
      segment_size_(segment_size_for(options)),
      clock_(clock),
      directory_(std::move(directory)),
      lock_(std::move(lock)),
      damaged_(recovered.damaged),
      foreign_files_(recovered.foreign_files),
      meta_(recovered.meta),
      active_(std::move(recovered.active)),
      active_records_(recovered.active_records),
      next_segment_(recovered.next_segment),
      index_(std::move(recovered.index)),
      segments_(std::move(recovered.segments)),
      insertions_(static_cast<std::int64_t>(index_.size())),
      size_bytes_(total_size(segments_)),
      epoch_(recovered.meta.epoch) {}

Result<void> SegmentStore::require_owner() const {
  if (options_.mode == OpenMode::kOwner) return {};
  return fail(ErrorCode::kInvalidArgument, "the disk cache was opened for reading only");
}

std::optional<SegmentStore::Target> SegmentStore::locate(const CacheKey& key) {
  const WallTime now = clock_.now();
  const MutexLock lock(mutex_);
  const std::optional<IndexedEntry> entry = index_.find(key);
  if (!entry) return std::nullopt;
  if (entry->resident_until <= now) {
    index_.erase(key);
    ++removals_.expired;
    return std::nullopt;
  }
  return Target{key, entry->location, segments_.at(entry->location.segment), entry->resident_until};
}

bool SegmentStore::may_hold(const CacheKey& key) {
  return locate(key).has_value();
}

Result<std::optional<Entry>> SegmentStore::find(const CacheKey& key) {
  const std::optional<Target> target = locate(key);
  if (!target) return std::optional<Entry>();
  Result<Entry> entry = read_entry(*target->file, key, target->location);
  if (entry) return std::optional<Entry>(std::move(*entry));
  if (entry.error().code() != ErrorCode::kCorrupt) return fail(std::move(entry.error()));
  const MutexLock lock(mutex_);
  if (index_.erase_at(key, target->location)) ++removals_.corrupt;
  return std::optional<Entry>();
}

bool SegmentStore::is_refused(const Entry& entry, WallTime now) const {
  const std::uint64_t payload = entry.content_type().size() + entry.body().size();
  const std::uint64_t alone = SegmentHeader::kSize + RecordHeader::kSize + payload;
  const auto max_entry =
      static_cast<std::uint64_t>(std::max<std::int64_t>(options_.max_entry_bytes, 0));
  return payload > max_entry || alone > max_size_ ||
         entry.body().size() > std::numeric_limits<std::uint32_t>::max() || !entry.is_usable(now) ||
         resident_until(entry.metadata(), now, options_.ttl) <= now;
}

Result<InsertOutcome> SegmentStore::insert(const Entry& entry) {
  Result<void> owned = require_owner();
  if (!owned) return fail(std::move(owned.error()));
  const WallTime now = clock_.now();
  if (is_refused(entry, now)) {
    const MutexLock lock(mutex_);
    ++refusals_;
    return InsertOutcome::kRefused;
  }
  const MutexLock write(write_mutex_);
  Result<RecordLocation> location = append(entry_record(entry, now), &entry);
  if (!location) {
    forget_superseded(entry.key());
    return fail(std::move(location.error()));
  }
  IndexedEntry indexed;
  indexed.location = *location;
  indexed.resident_until =
      std::min(resident_until(entry.metadata(), now, options_.ttl), entry.metadata().usable_until);
  const MutexLock lock(mutex_);
  ++insertions_;
  if (index_.insert(entry.key(), indexed)) ++removals_.replaced;
  return InsertOutcome::kStored;
}

void SegmentStore::forget_superseded(const CacheKey& key) {
  const MutexLock lock(mutex_);
  if (index_.erase(key)) ++removals_.replaced;
}

bool SegmentStore::needs_new_segment(std::uint64_t record_size) const {
  if (!active_ || !active_->is_appendable()) return true;
  return active_records_ > 0 && active_->size() + record_size > segment_size_;
}

Result<void> SegmentStore::make_room(std::uint64_t record_size) {
  // Asked again after each step, since the segment that goes may be the active one.
  const auto growth = [&]() REFRAIN_REQUIRES(write_mutex_) {
    return record_size + (needs_new_segment(record_size) ? SegmentHeader::kSize : 0);
  };
  while (size_bytes_ > 0 && size_bytes_ + growth() > max_size_) {
    Result<void> dropped = drop_oldest(&Removals::capacity);
    if (!dropped) return dropped;
  }
  return needs_new_segment(record_size) ? begin_segment() : Result<void>();
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
  auto file = std::make_shared<SegmentFile>(std::move(*descriptor), header.id, 0);
  const std::array<char, SegmentHeader::kSize> bytes = encode(header);
  const std::array<iovec, 1> buffers{buffer_of(bytes)};
  Result<void> written = file->append(buffers);
  if (!written) {
    const Result<void> removed = directory_.remove(name);
    return removed ? written : removed;
  }
  active_ = std::move(file);
  active_records_ = 0;
  size_bytes_ += SegmentHeader::kSize;
  const MutexLock lock(mutex_);
  segments_.emplace(active_->id(), active_);
  return {};
}

Result<RecordLocation> SegmentStore::append(RecordHeader header, const Entry* payload) {
  Result<void> ready = make_room(header.record_size());
  if (!ready) return fail(std::move(ready.error()));
  header.sequence = record_sequence(active_->id(), active_records_);
  header.erasures = meta_.erasures;
  RecordLocation location;
  location.segment = active_->id();
  location.offset = active_->size();
  location.body_size = header.body_size;
  location.content_type_size = header.content_type_size;
  const std::array<char, RecordHeader::kSize> head = encode(header);
  std::array<iovec, 3> buffers{buffer_of(head), iovec{}, iovec{}};
  if (payload != nullptr) {
    buffers[1] = buffer_of(payload->content_type());
    buffers[2] = buffer_of(payload->body());
  }
  Result<void> written = active_->append(buffers);
  size_bytes_ += active_->size() - location.offset;
  if (!written) return fail(std::move(written.error()));
  ++active_records_;
  return location;
}

std::shared_ptr<SegmentFile> SegmentStore::oldest_segment() const {
  const MutexLock lock(mutex_);
  return segments_.empty() ? nullptr : segments_.begin()->second;
}

Result<void> SegmentStore::drop_oldest(std::int64_t Removals::* cause) {
  const std::shared_ptr<SegmentFile> oldest = oldest_segment();
  if (!oldest) return {};
  Result<void> removed = directory_.remove(segment_file_name(oldest->id()));
  if (!removed) return removed;
  if (active_ == oldest) active_ = nullptr;
  size_bytes_ -= oldest->size();
  const MutexLock lock(mutex_);
  removals_.*cause += static_cast<std::int64_t>(index_.drop_segment(oldest->id()));
  segments_.erase(oldest->id());
  return {};
}

Result<void> SegmentStore::drop_through(std::uint64_t segment) {
  for (auto oldest = oldest_segment(); oldest && oldest->id() <= segment;
       oldest = oldest_segment()) {
    Result<void> dropped = drop_oldest(&Removals::capacity);
    if (!dropped) return dropped;
  }
  return directory_.sync();
}

Result<void> SegmentStore::drop_all() {
  while (oldest_segment()) {
    Result<void> dropped = drop_oldest(&Removals::invalidated);
    if (!dropped) return dropped;
  }
  return directory_.sync();
}

Result<void> SegmentStore::write_tombstone(const CacheKey& key, std::uint64_t segment) {
  const Result<RecordLocation> written = append(tombstone_record(key, clock_.now()), nullptr);
  if (written) {
    ++meta_.erasures;
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
  const WallTime now = clock_.now();
  const MutexLock write(write_mutex_);
  std::optional<IndexedEntry> entry;
  {
    const MutexLock lock(mutex_);
    entry = index_.find(key);
    if (!entry) return false;
    index_.erase(key);
    ++(entry->resident_until <= now ? removals_.expired : removals_.invalidated);
  }
  const std::uint64_t erasures_before = meta_.erasures;
  done = write_tombstone(key, entry->location.segment);
  if (done) done = commit_erasures(erasures_before);
  if (!done) return fail(std::move(done.error()));
  return entry->resident_until > now;
}

Result<void> SegmentStore::clear(std::uint64_t epoch) {
  Result<void> owned = require_owner();
  if (!owned) return owned;
  const MutexLock write(write_mutex_);
  meta_.epoch = std::max(meta_.epoch, epoch);
  ++meta_.generation;
  // From here on a crash finds segments of an older generation, which are void.
  Result<void> committed = directory_.write_meta(meta_);
  {
    const MutexLock lock(mutex_);
    removals_.invalidated += static_cast<std::int64_t>(index_.clear());
  }
  active_ = nullptr;
  Result<void> dropped = drop_all();
  // On a full disk there is room for META only now.
  if (!committed) committed = directory_.write_meta(meta_);
  if (committed) epoch_.store(meta_.epoch, std::memory_order_release);
  return committed ? dropped : committed;
}

void SegmentStore::sweep() {
  const WallTime now = clock_.now();
  for (int round = 0; round < kSweepRounds; ++round) {
    const MutexLock lock(mutex_);
    removals_.expired += static_cast<std::int64_t>(index_.expire(now, kSweptRecordsAtOnce));
  }
  if (options_.mode != OpenMode::kOwner) return;
  const MutexLock write(write_mutex_);
  for (int count = 0; count < kSweptSegments; ++count) {
    const std::shared_ptr<SegmentFile> oldest = oldest_segment();
    if (!oldest || oldest->size() <= SegmentHeader::kSize) return;
    {
      const MutexLock lock(mutex_);
      if (index_.live_in(oldest->id()) > 0) return;
    }
    // A segment that cannot be removed now is tried again by the next sweep.
    if (!drop_oldest(&Removals::expired)) return;
  }
}

bool SegmentStore::is_intact() {
  const MutexLock write(write_mutex_);
  return directory_.is_in_place() && (!lock_ || lock_->is_linked()) &&
         (!active_ || active_->is_linked());
}

std::vector<SegmentStore::Target> SegmentStore::targets(std::size_t limit) const {
  const WallTime now = clock_.now();
  const MutexLock lock(mutex_);
  std::vector<Target> found;
  for (const auto& [key, entry] : index_.entries(limit)) {
    if (entry.resident_until <= now) continue;
    found.push_back(
        {key, entry.location, segments_.at(entry.location.segment), entry.resident_until});
  }
  return found;
}

void SegmentStore::list(std::size_t limit, const VisitEntry& visit) {
  for (const Target& target : targets(limit)) {
    Result<StoredEntry> entry = read_description(*target.file, target.location);
    if (!entry) continue;
    entry->resident_until = target.resident_until;
    visit(*entry);
  }
}

Result<SegmentStore::VerifyReport> SegmentStore::verify(Repair repair) {
  if (repair == Repair::kYes) {
    Result<void> owned = require_owner();
    if (!owned) return fail(std::move(owned.error()));
  }
  VerifyReport report;
  report.damaged = damaged_;
  report.foreign_files = foreign_files_;
  std::vector<Target> corrupt;
  for (Target& target : targets(std::numeric_limits<std::size_t>::max())) {
    const Result<Entry> entry = read_entry(*target.file, target.key, target.location);
    if (entry) {
      ++report.entries;
    } else if (entry.error().code() == ErrorCode::kCorrupt) {
      corrupt.push_back(std::move(target));
    } else {
      ++report.unreadable;
    }
  }
  report.corrupt = static_cast<std::int64_t>(corrupt.size());
  if (repair == Repair::kYes && !corrupt.empty()) {
    Result<void> erased = erase_corrupt(corrupt);
    if (!erased) return fail(std::move(erased.error()));
  }
  report.bytes = static_cast<std::int64_t>(size_bytes_.load());
  return report;
}

Result<void> SegmentStore::erase_corrupt(std::span<const Target> corrupt) {
  const MutexLock write(write_mutex_);
  const std::uint64_t erasures_before = meta_.erasures;
  for (const Target& target : corrupt) {
    {
      const MutexLock lock(mutex_);
      if (!index_.erase_at(target.key, target.location)) continue;
      ++removals_.corrupt;
    }
    Result<void> done = write_tombstone(target.key, target.location.segment);
    if (!done) return done;
  }
  return commit_erasures(erasures_before);
}

SegmentStore::Stats SegmentStore::stats() const {
  Stats stats;
  stats.damaged = damaged_;
  stats.foreign_files = foreign_files_;
  stats.size_bytes = static_cast<std::int64_t>(size_bytes_.load());
  const MutexLock lock(mutex_);
  stats.items = static_cast<std::int64_t>(index_.size());
  stats.insertions = insertions_;
  stats.refusals = refusals_;
  stats.removals = removals_;
  return stats;
}

}  // namespace refrain
