#include "refrain/disk/segment_store.h"

#include "refrain/cache/residency.h"
#include "refrain/disk/segment_header.h"

#include <algorithm>
#include <limits>

namespace refrain {
namespace {

constexpr std::uint64_t kMiB = 1U << 20U;
constexpr std::uint64_t kMaxSegmentSize = 2048 * kMiB;
// Longer ones would only invite overflow.
constexpr std::chrono::seconds kMaxTtl = std::chrono::hours(24 * 36500);
// Of a store's room, or of a segment, for entries that outlive their segment.
constexpr std::uint64_t kRewriteShareOfStore = 32;
constexpr std::uint64_t kRewriteShareOfSegment = 2;
// What an event loop copies and checks in some ten microseconds: more is left to the pool.
constexpr std::uint32_t kMaxReadNow = 256U << 10U;

// More could not be told apart by the numbers that the index has for segments.
constexpr std::uint64_t kMaxSize = kMaxSegmentSize * (DiskIndex::kMaxSegments / 2);

std::uint64_t max_size_for(const SegmentStore::Options& options) {
  return std::min(static_cast<std::uint64_t>(options.max_size_bytes), kMaxSize);
}

std::uint64_t segment_size_for(const SegmentStore::Options& options) {
  const std::uint64_t max_size = max_size_for(options);
  std::uint64_t wanted =
      static_cast<std::uint64_t>(std::max<std::int64_t>(options.segment_size_bytes, 0));
  if (wanted == 0) wanted = std::max(std::clamp(max_size / 16, kMiB, 64 * kMiB), max_size / 256);
  const std::uint64_t least = max_size / (DiskIndex::kMaxSegments / 2) + 1;
  const std::uint64_t most = std::min(max_size / 4, kMaxSegmentSize);
  return std::max(least, std::min(wanted, most));
}

std::uint64_t rewrite_reserve_for(const SegmentStore::Options& options) {
  return std::min(segment_size_for(options) / kRewriteShareOfSegment,
                  max_size_for(options) / kRewriteShareOfStore);
}

/// Whether there may be records that were not read, and can be another time.
bool has_unread_records(const CorruptionCounts& found) {
  return found[static_cast<std::size_t>(Corruption::Kind::kSegment)] > 0 ||
         found[static_cast<std::size_t>(Corruption::Kind::kRecord)] > 0;
}

/// Counts the files of fixed size: META, its draft, what was set aside of it, LOCK.
std::shared_ptr<DiskUsage> usage_of_fixed_files(std::uint64_t block_size) {
  constexpr std::size_t kLockSize = 24;
  auto usage = std::make_shared<DiskUsage>(block_size);
  for (int i = 0; i < 3; ++i)
    usage->resize(0, StoreMeta::kSize);
  usage->resize(0, kLockSize);
  return usage;
}

}  // namespace

Result<SegmentStore::Foundation> SegmentStore::lay_foundation(const Options& options, Log& log) {
  Result<StoreDirectory> directory =
      StoreDirectory::open(options.directory, options.mode, options.file_system);
  if (!directory) return fail(std::move(directory.error()));
  std::optional<StoreLock> lock;
  if (options.mode == OpenMode::kOwner) {
    Result<StoreLock> acquired = StoreLock::acquire(*directory);
    if (!acquired) return fail(std::move(acquired.error()));
    lock = std::move(*acquired);
  }
  const Result<std::uint64_t> block_size = directory->block_size();
  if (!block_size) return fail(block_size.error());
  SegmentFile::Surroundings files;
  files.file_system = options.file_system;
  files.usage = usage_of_fixed_files(*block_size);
  files.capacity = segment_size_for(options);
  if (files.usage->bytes() + *block_size > max_size_for(options)) {
    return fail(ErrorCode::kInvalidArgument,
                "the size limit must be more than the " + std::to_string(files.usage->bytes()) +
                    " bytes that the store's own files take",
                "max_size_bytes");
  }
  auto tally = std::make_unique<CorruptionTally>(directory->path(), log, options.reporter);
  return Foundation{std::move(*directory), std::move(lock), std::move(files), std::move(tally)};
}

Result<RecoveredStore> SegmentStore::recover(const Options& options,
                                             const Foundation& foundation,
                                             WallTime now,
                                             Log& log) {
  SegmentRecovery::Plan plan;
  plan.mode = options.mode;
  plan.ttl = options.ttl;
  plan.now = now;
  plan.files = foundation.files;
  plan.max_payload_bytes =
      static_cast<std::uint64_t>(std::max<std::int64_t>(options.max_entry_bytes, 0));
  Result<RecoveredStore> recovered =
      SegmentRecovery(foundation.directory, plan, *foundation.tally, log).run();
  if (!recovered || !foundation.lock || recovered->is_meta_stored) return recovered;
  Result<void> written = foundation.directory.write_meta(recovered->meta);
  if (!written) return fail(std::move(written.error()));
  return recovered;
}

Result<std::unique_ptr<SegmentStore>> SegmentStore::open(const Options& options,
                                                         const Clock& clock,
                                                         Log& log) {
  if (options.max_size_bytes < 1) {
    return fail(ErrorCode::kInvalidArgument, "the size limit must be positive", "max_size_bytes");
  }
  Options used = options;
  used.ttl = std::clamp(options.ttl, std::chrono::seconds(0), kMaxTtl);
  if (!used.file_system) used.file_system = std::make_shared<FileSystem>();
  Result<Foundation> foundation = lay_foundation(used, log);
  if (!foundation) return fail(std::move(foundation.error()));
  Result<RecoveredStore> recovered = recover(used, *foundation, clock.now(), log);
  if (!recovered) return fail(std::move(recovered.error()));
  std::unique_ptr<SegmentStore> store(
      new SegmentStore(used, clock, std::move(*foundation), std::move(*recovered)));
  if (options.mode == OpenMode::kOwner) {
    Result<void> enforced = store->enforce_limit();
    if (!enforced) return fail(std::move(enforced.error()));
  }
  return store;
}

SegmentStore::SegmentStore(const Options& options,
                           const Clock& clock,
                           Foundation foundation,
                           RecoveredStore recovered)
    : options_(options),
      max_size_(max_size_for(options)),
      segment_size_(segment_size_for(options)),
      rewrite_reserve_(rewrite_reserve_for(options)),
      fixed_bytes_(usage_of_fixed_files(foundation.files.usage->block_size())->bytes()),
      clock_(clock),
      directory_(std::move(foundation.directory)),
      lock_(std::move(foundation.lock)),
      files_(std::move(foundation.files)),
      tally_(std::move(foundation.tally)),
      damaged_(recovered.damaged),
      foreign_files_(recovered.foreign_files),
      scanned_(recovered.scanned),
      meta_(recovered.meta),
      active_(std::move(recovered.active)),
      active_records_(recovered.active_records),
      next_segment_(recovered.next_segment),
      snapshot_size_(recovered.snapshot_size),
      unrecorded_(static_cast<std::uint64_t>(recovered.scanned)),
      snapshot_time_(clock.steady_now()),
      index_(std::move(recovered.index)),
      segments_(std::move(recovered.segments)),
      may_hide_any_(has_unread_records(tally_->counts()) || recovered.snapshot_size > 0),
      insertions_(static_cast<std::int64_t>(index_.size())),
      epoch_(recovered.meta.epoch) {
  files_.usage->resize(0, snapshot_size_);
}

SegmentStore::~SegmentStore() {
  if (options_.mode != OpenMode::kOwner) return;
  const MutexLock write(write_mutex_);
  bool is_recorded = unrecorded_ == 0;
  {
    const MutexLock lock(mutex_);
    is_recorded = is_recorded && reads_ == recorded_reads_;
  }
  // Without it the next opening takes longer; nothing else depends on it.
  if (!is_recorded && owns_directory()) static_cast<void>(write_snapshot());
}

Result<void> SegmentStore::enforce_limit() {
  const MutexLock write(write_mutex_);
  if (files_.usage->bytes() > max_size_ && snapshot_size_ > 0) {
    Result<void> removed = remove_snapshot();
    if (!removed) return removed;
  }
  while (files_.usage->bytes() > max_size_) {
    const std::shared_ptr<SegmentFile> oldest = oldest_segment();
    if (!oldest) return {};
    Result<void> dropped = drop(oldest, &Removals::capacity);
    if (!dropped) return dropped;
  }
  return {};
}

Result<void> SegmentStore::require_owner() const {
  if (options_.mode == OpenMode::kOwner) return {};
  return fail(ErrorCode::kInvalidArgument, "the disk cache was opened for reading only");
}

std::optional<SegmentStore::Target> SegmentStore::locate(const CacheKey& key, ReadNote note) {
  const WallTime now = clock_.now();
  const MutexLock lock(mutex_);
  const std::optional<IndexedEntry> entry =
      note == ReadNote::kCount ? index_.note_read(key, now) : index_.find(key);
  if (!entry) return std::nullopt;
  if (entry->resident_until <= now) {
    index_.erase(key);
    ++removals_.expired;
    return std::nullopt;
  }
  if (note == ReadNote::kCount) ++reads_;
  return Target{*entry, segments_.at(entry->location.segment).file};
}

bool SegmentStore::may_hold(const CacheKey& key) const {
  const WallTime now = clock_.now();
  const MutexLock lock(mutex_);
  const std::optional<IndexedEntry> entry = index_.find(key);
  return entry && entry->resident_until > now;
}

WallTime SegmentStore::resident_until_of(const RecordHeader& header, WallTime now) const {
  // A clock that was ahead when the record was written must not lengthen its life.
  const WallTime inserted = std::min(header.inserted, now);
  return std::min(resident_until(header.metadata, inserted, options_.ttl),
                  header.metadata.usable_until);
}

Result<std::optional<Entry>> SegmentStore::accept(const CacheKey& key,
                                                  const Target& target,
                                                  RecordRead read) {
  const WallTime now = clock_.now();
  switch (read.outcome) {
    case RecordRead::Outcome::kFound: {
      const MutexLock lock(mutex_);
      if (resident_until_of(read.header, now) > now) {
        if (!target.indexed.is_verified)
          index_.set_verified(key.hash(), target.indexed.location, true);
        return std::move(read.entry);
      }
      if (index_.erase_at(target.indexed.fingerprint, target.indexed.location)) ++removals_.expired;
      return std::optional<Entry>();
    }
    case RecordRead::Outcome::kDamaged:
      drop_damaged(target, read);
      return std::optional<Entry>();
    case RecordRead::Outcome::kFailed:
      return fail(ErrorCode::kIo, std::move(read.reason));
    case RecordRead::Outcome::kOtherKey:
    case RecordRead::Outcome::kMustWait:
      break;
  }
  return std::optional<Entry>();
}

void SegmentStore::drop_damaged(const Target& target, const RecordRead& read) {
  Corruption found;
  found.kind = read.kind;
  found.file = segment_file_name(target.file->id());
  found.offset = target.indexed.location.offset;
  found.reason = read.reason;
  {
    const MutexLock lock(mutex_);
    if (!index_.erase_at(target.indexed.fingerprint, target.indexed.location)) return;
    hide(target.indexed.fingerprint);
    ++removals_.corrupt;
  }
  tally_->report(found);
}

RecordRead SegmentStore::read_now(const CacheKey& key,
                                  const Target& target,
                                  BodyPlace place) const {
  const RecordReader reader(target.file, target.indexed.location);
  if (place == BodyPlace::kMemoryOrFile && target.indexed.is_verified) {
    // To ask for its pages is a tenth of what such a hit costs. What was read within this second is
    // the last that the page cache gives up.
    const WallTime now = clock_.now();
    const bool is_recent = now - target.indexed.last_read < std::chrono::seconds(1);
    RecordRead referred = reader.refer_now(
        key, is_recent ? RecordReader::Residency::kRecent : RecordReader::Residency::kUnknown);
    const bool is_stale = referred.entry && !referred.entry->is_fresh(now);
    if (!is_stale) return referred;
  }
  const bool is_small = target.indexed.location.payload_size <= kMaxReadNow;
  return is_small ? reader.read_now(key) : RecordRead::must_wait();
}

void SegmentStore::doubt_if_cold(const Target& target) {
  const RecordLocation& location = target.indexed.location;
  if (!target.indexed.is_verified) return;
  if (target.file->is_resident(location.offset, RecordHeader::kSize + location.payload_size))
    return;
  const MutexLock lock(mutex_);
  index_.set_verified(target.indexed.fingerprint, location, false);
}

Result<ImmediateLookup> SegmentStore::find_now(const CacheKey& key, BodyPlace place) {
  const std::optional<Target> target = locate(key, ReadNote::kLeave);
  if (!target) return ImmediateLookup::miss();
  RecordRead read = read_now(key, *target, place);
  if (read.outcome == RecordRead::Outcome::kMustWait) {
    doubt_if_cold(*target);
    return ImmediateLookup::must_wait();
  }
  Result<std::optional<Entry>> entry = accept(key, *target, std::move(read));
  if (!entry) return fail(std::move(entry.error()));
  if (!*entry) return ImmediateLookup::miss();
  {
    const MutexLock lock(mutex_);
    if (index_.note_read(key, clock_.now())) ++reads_;
  }
  return ImmediateLookup::hit(std::move(**entry));
}

Result<std::optional<Entry>> SegmentStore::find(const CacheKey& key) {
  const std::optional<Target> target = locate(key, ReadNote::kCount);
  if (!target) return std::optional<Entry>();
  const RecordReader reader(target->file, target->indexed.location);
  return accept(key, *target, reader.read(key.hash(), &key));
}

void SegmentStore::forget(const CacheKey& key, std::int64_t Removals::* cause) {
  const MutexLock lock(mutex_);
  if (!index_.erase(key)) return;
  hide(key.hash());
  ++(removals_.*cause);
}

bool SegmentStore::owns_directory() const {
  return directory_.is_in_place() && (!lock_ || lock_->is_linked());
}

bool SegmentStore::is_intact() {
  const MutexLock write(write_mutex_);
  return owns_directory() && (!active_ || active_->is_linked());
}

std::vector<std::uint64_t> SegmentStore::segment_ids() const {
  const MutexLock lock(mutex_);
  std::vector<std::uint64_t> ids;
  for (const auto& [id, segment] : segments_)
    ids.push_back(id);
  return ids;
}

std::vector<SegmentStore::Target> SegmentStore::targets_in(std::uint64_t segment) const {
  const WallTime now = clock_.now();
  std::vector<Target> found;
  {
    const MutexLock lock(mutex_);
    const auto place = segments_.find(segment);
    if (place == segments_.end()) return found;
    const auto id = static_cast<std::uint32_t>(segment);
    for (const IndexedEntry& entry : index_.entries_in(id, index_.live_in(id))) {
      if (entry.resident_until > now) found.push_back({entry, place->second.file});
    }
  }
  std::ranges::sort(found, {}, [](const Target& target) { return target.indexed.location.offset; });
  return found;
}

void SegmentStore::visit(const VisitEntry& visit) {
  const WallTime now = clock_.now();
  for (const std::uint64_t segment : segment_ids()) {
    for (const Target& target : targets_in(segment)) {
      const RecordReader reader(target.file, target.indexed.location);
      const RecordRead read = reader.describe(target.indexed.fingerprint);
      if (read.outcome != RecordRead::Outcome::kFound) continue;
      StoredEntry entry;
      entry.metadata = read.header.metadata;
      entry.content_type = read.entry->content_type();
      entry.body_size = read.header.body_size;
      entry.inserted = read.header.inserted;
      entry.resident_until = resident_until_of(read.header, now);
      entry.reads = std::uint64_t{read.header.reads} + target.indexed.reads;
      if (entry.reads > 0) entry.last_read = target.indexed.last_read;
      if (!visit(entry)) return;
    }
  }
}

void SegmentStore::verify_one(const Target& target,
                              VerifyReport& report,
                              std::vector<CacheKey>& corrupt) {
  const RecordReader reader(target.file, target.indexed.location);
  const RecordRead read = reader.read(target.indexed.fingerprint, nullptr);
  report.bytes += static_cast<std::int64_t>(RecordHeader::kSize);
  report.bytes += target.indexed.location.payload_size;
  if (read.outcome == RecordRead::Outcome::kFound) {
    ++report.entries;
  } else if (read.outcome == RecordRead::Outcome::kFailed) {
    ++report.unreadable;
  } else {
    ++report.corrupt;
    drop_damaged(target, read);
    if (read.kind == Corruption::Kind::kPayload) corrupt.push_back(read.header.metadata.key);
  }
}

Result<SegmentStore::VerifyReport> SegmentStore::verify(Repair repair,
                                                        const VerifyProgress& progress) {
  if (repair == Repair::kYes) {
    Result<void> owned = require_owner();
    if (!owned) return fail(std::move(owned.error()));
  }
  VerifyReport report;
  report.damaged = damaged_;
  report.foreign_files = foreign_files_;
  const auto all = static_cast<std::size_t>(stats().items);
  std::size_t done = 0;
  std::vector<CacheKey> corrupt;
  for (const std::uint64_t segment : segment_ids()) {
    for (const Target& target : targets_in(segment)) {
      verify_one(target, report, corrupt);
      if (progress) progress(++done, all);
    }
  }
  if (repair == Repair::kYes && report.corrupt > 0) {
    Result<void> erased = erase_corrupt(corrupt);
    if (!erased) return fail(std::move(erased.error()));
  }
  return report;
}

SegmentStore::Stats SegmentStore::stats() const {
  Stats stats;
  stats.damaged = damaged_;
  stats.foreign_files = foreign_files_;
  stats.scanned = scanned_;
  stats.size_bytes = static_cast<std::int64_t>(files_.usage->bytes());
  stats.corruptions = tally_->counts();
  const MutexLock lock(mutex_);
  stats.items = static_cast<std::int64_t>(index_.size());
  stats.index_bytes = static_cast<std::int64_t>(index_.memory_bytes());
  stats.segments = static_cast<std::int64_t>(segments_.size());
  stats.insertions = insertions_;
  stats.refusals = refusals_;
  stats.rewritten = rewritten_;
  stats.removals = removals_;
  return stats;
}

}  // namespace refrain
