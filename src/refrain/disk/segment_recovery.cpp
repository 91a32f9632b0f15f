#include "refrain/disk/segment_recovery.h"

#include "refrain/cache/residency.h"
#include "refrain/disk/os_error.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <optional>
#include <span>
#include <utility>

namespace refrain {
namespace {

Result<std::size_t> read_at(const SegmentFile& file, std::uint64_t offset, std::span<char> buffer) {
  const std::array<iovec, 1> buffers{{{buffer.data(), buffer.size()}}};
  return file.read(offset, buffers);
}

/// Whether the bytes behind a damaged segment header are a record.
bool has_record(const SegmentFile& file) {
  std::array<char, RecordHeader::kSize> bytes{};
  const Result<std::size_t> count = read_at(file, SegmentHeader::kSize, bytes);
  return count && decode_record_header(std::span<const char>(bytes).first(*count)).has_value();
}

}  // namespace

Result<RecoveredStore> SegmentRecovery::run() {
  Result<void> done = recover_meta();
  if (!done) return fail(std::move(done.error()));
  const Result<std::vector<std::uint64_t>> ids = list_segments();
  if (!ids) return fail(ids.error());

  std::vector<Candidate> candidates;
  for (const std::uint64_t id : *ids) {
    done = open_segment(id, candidates);
    if (!done) return fail(std::move(done.error()));
    store_.next_segment = id + 1;
  }
  if (!store_.is_meta_stored) adopt_meta_of(candidates);
  done = keep_current(candidates);
  if (!done) return fail(std::move(done.error()));
  const Result<StorePosition> known = recover_snapshot();
  if (!known) return fail(known.error());
  done = scan_from(*known, candidates);
  if (!done) return fail(std::move(done.error()));
  if (store_.meta.erasures > erasures_) forget_older();
  store_.meta.erasures = std::max(store_.meta.erasures, erasures_);
  return std::move(store_);
}

Result<void> SegmentRecovery::scan_from(const StorePosition& known,
                                        const std::vector<Candidate>& candidates) {
  for (const Candidate& candidate : candidates) {
    if (candidate.header.id < known.segment) continue;
    const bool is_begun = candidate.header.id == known.segment;
    Result<void> scanned =
        scan(candidate, is_begun ? ScanBegin{known.offset, known.records} : ScanBegin());
    if (!scanned) return scanned;
  }
  return {};
}

void SegmentRecovery::report(Corruption::Kind kind,
                             const std::string& file,
                             std::uint64_t offset,
                             const std::string& reason) {
  ++store_.damaged;
  Corruption found;
  found.kind = kind;
  found.file = file;
  found.offset = offset;
  found.reason = reason;
  reporter_.report(found);
}

Result<void> SegmentRecovery::recover_meta() {
  if (is_owner()) {
    // A writer died over it.
    Result<void> removed = directory_.remove(StoreDirectory::kMetaDraftName);
    if (!removed) return removed;
  }
  Result<std::optional<StoreMeta>> meta = directory_.read_meta();
  if (meta) {
    const std::optional<StoreMeta>& stored = *meta;
    store_.is_meta_stored = stored.has_value();
    store_.meta = stored.value_or(StoreMeta());
    if (store_.meta.version == StoreMeta::kFormatVersion) return {};
    log_.write(LogLevel::kWarning,
               "the disk cache was written in an older format and is begun anew",
               {LogField("directory", directory_.path().string()),
                LogField("version", std::to_string(store_.meta.version))});
    store_.is_meta_stored = false;
    StoreMeta next;
    next.epoch = store_.meta.epoch;
    next.generation = store_.meta.generation + 1;
    store_.meta = next;
    return {};
  }
  if (meta.error().code() != ErrorCode::kCorrupt) return fail(std::move(meta.error()));
  report(Corruption::Kind::kMeta, StoreDirectory::kMetaName, 0, meta.error().message());
  if (is_owner()) return directory_.set_meta_aside();
  return {};
}

Result<std::vector<std::uint64_t>> SegmentRecovery::list_segments() {
  const Result<std::vector<std::string>> names = directory_.names();
  if (!names) return fail(names.error());
  constexpr std::array<std::string_view, 6> kOwnNames{StoreDirectory::kLockName,
                                                      StoreDirectory::kMetaName,
                                                      StoreDirectory::kMetaDraftName,
                                                      StoreDirectory::kMetaDamagedName,
                                                      StoreDirectory::kIndexName,
                                                      StoreDirectory::kIndexDraftName};
  std::vector<std::uint64_t> ids;
  for (const std::string& name : *names) {
    const std::optional<std::uint64_t> id = segment_id_of(name);
    if (id) {
      ids.push_back(*id);
    } else if (std::ranges::find(kOwnNames, name) == kOwnNames.end()) {
      ++store_.foreign_files;
    }
  }
  std::ranges::sort(ids);
  return ids;
}

Result<void> SegmentRecovery::open_segment(std::uint64_t id, std::vector<Candidate>& candidates) {
  const std::string name = segment_file_name(id);
  Result<FileDescriptor> file = directory_.open_file(name, is_owner() ? O_RDWR : O_RDONLY);
  if (!file && file.error().code() == ErrorCode::kUnavailable) return {};  // its owner evicted it
  if (!file && file.error().code() == ErrorCode::kUnprocessable) {
    ++store_.foreign_files;
    return {};
  }
  if (!file) return fail(std::move(file.error()));
  struct stat status{};
  if (directory_.file_system()->status(file->value(), status) != 0)
    return fail(os_error("look at a segment", errno));
  const auto size = static_cast<std::uint64_t>(status.st_size);
  // Its writer died between making the file and writing to it.
  if (size == 0) return remove_if_owner(name);
  // No segment of ours is, and its records could not be told apart by their offsets.
  if (size > std::numeric_limits<std::uint32_t>::max()) {
    ++store_.foreign_files;
    return {};
  }
  Candidate candidate;
  candidate.header.id = id;
  candidate.file = std::make_shared<SegmentFile>(std::move(*file), id, size, plan_.files);
  return judge_segment(std::move(candidate), candidates);
}

Result<void> SegmentRecovery::judge_segment(Candidate candidate,
                                            std::vector<Candidate>& candidates) {
  std::array<char, SegmentHeader::kSize> bytes{};
  const Result<std::size_t> count = read_at(*candidate.file, 0, bytes);
  const auto readable = std::span<const char>(bytes).first(count.value_or(0));
  const Result<SegmentHeader> header = decode_segment_header(readable);
  if (header && header->id == candidate.header.id) {
    candidate.header = *header;
    candidates.push_back(std::move(candidate));
    return {};
  }
  if (!header && header.error().code() == ErrorCode::kUnprocessable) {
    ++store_.foreign_files;
    return {};
  }
  if (!count) return keep_unreadable(candidate, count.error());
  const bool is_a_copy = header.has_value();
  const bool looks_like_ours =
      !is_a_copy && (begins_like_a_segment(readable) || has_record(*candidate.file));
  return handle_damaged_header(
      candidate,
      looks_like_ours,
      is_a_copy ? "the file is a copy of another segment" : header.error().message());
}

Result<void> SegmentRecovery::keep_unreadable(const Candidate& candidate, const Error& error) {
  report(Corruption::Kind::kSegment, segment_file_name(candidate.header.id), 0, error.message());
  // It takes room, and may void others or be well again another time: it leaves in its turn.
  store_.segments[candidate.header.id] = StoredSegment{candidate.file, true};
  return {};
}

Result<void> SegmentRecovery::handle_damaged_header(const Candidate& candidate,
                                                    bool looks_like_ours,
                                                    const std::string& reason) {
  const std::string name = segment_file_name(candidate.header.id);
  report(Corruption::Kind::kSegment, name, 0, reason);
  // Ours, but of an unknown generation: left where it is it would take space that nobody counts.
  if (looks_like_ours) return remove_if_owner(name);
  ++store_.foreign_files;
  return {};
}

Result<void> SegmentRecovery::remove_if_owner(const std::string& name) {
  if (!is_owner()) return {};
  return directory_.remove(name);
}

void SegmentRecovery::adopt_meta_of(const std::vector<Candidate>& candidates) {
  // A `clear` is acknowledged when the older segments are gone, so the newest generation that is
  // left is the current one.
  for (const auto& [header, file] : candidates) {
    store_.meta.generation = std::max(store_.meta.generation, header.generation);
    store_.meta.epoch = std::max(store_.meta.epoch, header.epoch);
  }
}

Result<void> SegmentRecovery::keep_current(std::vector<Candidate>& candidates) {
  std::vector<Candidate> current;
  for (Candidate& candidate : candidates) {
    const bool is_current = candidate.header.generation == store_.meta.generation &&
                            candidate.header.version == SegmentHeader::kFormatVersion;
    if (is_current) {
      store_.segments[candidate.header.id].file = candidate.file;
      current.push_back(std::move(candidate));
      continue;
    }
    Result<void> removed = remove_if_owner(segment_file_name(candidate.header.id));
    if (!removed) return removed;
  }
  candidates = std::move(current);
  return {};
}

Result<StorePosition> SegmentRecovery::recover_snapshot() {
  Result<void> removed = remove_if_owner(StoreDirectory::kIndexDraftName);
  if (!removed) return fail(std::move(removed.error()));
  const Result<FileDescriptor> file = directory_.open_file(StoreDirectory::kIndexName, O_RDONLY);
  // None, or not a file of ours: then every record is read.
  if (!file && file.error().code() != ErrorCode::kIo) return StorePosition();
  struct stat status{};
  Result<StorePosition> position = StorePosition();
  if (!file) {
    position = fail(file.error());
  } else if (directory_.file_system()->status(file->value(), status) != 0) {
    position = fail(os_error("look at INDEX", errno));
  } else {
    position = read_snapshot(*file, static_cast<std::uint64_t>(status.st_size));
  }
  if (position) {
    store_.snapshot_size = static_cast<std::uint64_t>(status.st_size);
    return position;
  }
  store_.index.clear();
  erasures_ = 0;
  if (position.error().code() == ErrorCode::kCorrupt)
    report(Corruption::Kind::kIndex, StoreDirectory::kIndexName, 0, position.error().message());
  // It must not hold again by chance, when segments have grown to where it was taken.
  removed = remove_if_owner(StoreDirectory::kIndexName);
  if (!removed) return fail(std::move(removed.error()));
  return StorePosition();
}

Result<void> SegmentRecovery::check_snapshot(const SnapshotHeader& header) const {
  if (header.generation != store_.meta.generation)
    return fail(ErrorCode::kUnavailable, "INDEX is of another generation");
  if (is_owner() && header.ttl != plan_.ttl)
    return fail(ErrorCode::kUnavailable, "INDEX was made with another time to live");
  // Its times are reckoned from insertions in the future; records say when these were.
  if (header.written > plan_.now)
    return fail(ErrorCode::kUnavailable, "INDEX was made by a clock that was ahead");
  if (header.next_segment > SegmentHeader::kMaxId + 1)
    return fail(ErrorCode::kCorrupt, "INDEX names an impossible segment");
  const auto last = store_.segments.find(header.position.segment);
  const bool is_shorter =
      last != store_.segments.end() && last->second.file->size() < header.position.offset;
  // Its owner may have appended to the segment, and then made INDEX, since a reader looked at it.
  if (is_shorter && !is_owner())
    return fail(ErrorCode::kUnavailable, "INDEX is newer than what was seen of the segments");
  if (is_shorter)
    return fail(ErrorCode::kCorrupt, "a segment ends before the place where INDEX was made");
  return {};
}

Result<StorePosition> SegmentRecovery::read_snapshot(const FileDescriptor& file,
                                                     std::uint64_t size) {
  std::array<char, SnapshotHeader::kSize> bytes{};
  const Result<std::span<const char>> begin = read_index(file, 0, bytes);
  if (!begin) return fail(begin.error());
  const Result<SnapshotHeader> header = decode_snapshot_header(*begin);
  if (!header) return fail(header.error());
  const Result<void> checked = check_snapshot(*header);
  if (!checked) return fail(checked.error());
  const Result<void> read = read_chunks(file, size, *header);
  if (!read) return fail(read.error());
  erasures_ = header->erasures;
  store_.next_segment = std::max(store_.next_segment, header->next_segment);
  // Which of these void others is not in the snapshot.
  for (auto& [id, segment] : store_.segments) {
    if (id <= header->position.segment) segment.voids_older = true;
  }
  return header->position;
}

Result<std::span<const char>> SegmentRecovery::read_index(const FileDescriptor& file,
                                                          std::uint64_t offset,
                                                          std::span<char> bytes) const {
  const iovec buffer{bytes.data(), bytes.size()};
  const ssize_t count =
      directory_.file_system()->read_at(file.value(), &buffer, 1, static_cast<off_t>(offset), 0);
  if (count < 0) return fail(os_error("read INDEX", errno));
  return std::span<const char>(bytes).first(static_cast<std::size_t>(count));
}

Result<void> SegmentRecovery::read_chunks(const FileDescriptor& file,
                                          std::uint64_t size,
                                          const SnapshotHeader& header) {
  // No more than there can be records, whatever the header says.
  std::uint64_t records = 0;
  for (const auto& [id, segment] : store_.segments)
    records += segment.file->size() / RecordHeader::kSize;
  store_.index.reserve(std::min(header.entries, records));
  std::vector<char> bytes(SnapshotChunk::size_of(SnapshotChunk::kMaxEntries));
  std::uint64_t entries = 0;
  for (std::uint64_t offset = SnapshotHeader::kSize; offset < size;) {
    const Result<std::span<const char>> got = read_index(file, offset, bytes);
    if (!got) return fail(got.error());
    const Result<std::size_t> chunk = snapshot_chunk_size(*got);
    if (!chunk) return fail(chunk.error());
    if (got->size() < *chunk) return fail(ErrorCode::kCorrupt, "INDEX ends within a chunk");
    const Result<std::vector<IndexedEntry>> decoded =
        decode_snapshot_chunk(got->first(*chunk), snapshot_seal(header, offset));
    if (!decoded) return fail(decoded.error());
    adopt(*decoded);
    entries += decoded->size();
    offset += *chunk;
  }
  if (entries != header.entries) return fail(ErrorCode::kCorrupt, "INDEX lacks entries");
  return {};
}

void SegmentRecovery::adopt(std::span<const IndexedEntry> entries) {
  constexpr std::size_t kAhead = 16;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i + kAhead < entries.size()) store_.index.prefetch(entries[i + kAhead].fingerprint);
    const IndexedEntry& entry = entries[i];
    if (entry.resident_until <= plan_.now) continue;
    // Its segment may have been evicted after the snapshot was made.
    const auto segment = store_.segments.find(entry.location.segment);
    if (segment == store_.segments.end()) continue;
    const std::uint64_t end =
        std::uint64_t{entry.location.offset} + RecordHeader::kSize + entry.location.payload_size;
    const bool is_within = entry.location.payload_size <= plan_.max_payload_bytes &&
                           entry.location.offset >= SegmentHeader::kSize &&
                           end <= segment->second.file->size();
    if (is_within) store_.index.insert(entry);
  }
}

Result<void> SegmentRecovery::scan(const Candidate& candidate, const ScanBegin& begin) {
  const std::shared_ptr<SegmentFile>& file = candidate.file;
  const auto read = [&](std::uint64_t offset, std::span<char> buffer) {
    return read_at(*file, offset, buffer);
  };
  const auto visit = [&](const RecordHeader& header, std::uint64_t offset) {
    RecordLocation location;
    location.segment = static_cast<std::uint32_t>(file->id());
    location.offset = static_cast<std::uint32_t>(offset);
    location.payload_size = static_cast<std::uint32_t>(header.payload_size());
    ++store_.scanned;
    replay(header, location);
  };
  const ScanEnd end = scan_segment(file->id(), file->size(), begin, read, visit);
  if (end.reason == ScanEnd::Reason::kDamaged) {
    report(Corruption::Kind::kRecord, segment_file_name(file->id()), end.offset, end.complaint);
    return {};
  }
  // Never to an older one: what is behind it in order would seem newer than what is appended.
  const bool is_newest = file->id() + 1 == store_.next_segment;
  if (!is_newest || !is_owner()) return {};
  if (end.reason == ScanEnd::Reason::kTorn) {
    Result<void> cut = file->truncate(end.offset);
    if (!cut) return cut;
  }
  store_.active = file;
  store_.active_records = end.records;
  return {};
}

void SegmentRecovery::replay(const RecordHeader& header, const RecordLocation& location) {
  if (header.erasures > erasures_) forget_older();
  erasures_ = std::max(erasures_, header.erasures);
  const CacheKey& key = header.metadata.key;
  bool& voids_older = store_.segments.at(location.segment).voids_older;
  if (header.kind == RecordKind::kTombstone) {
    ++erasures_;
    voids_older = true;
    store_.index.erase(key);
    return;
  }
  // A clock that was ahead when the record was written must not lengthen its life.
  const WallTime inserted = std::min(header.inserted, plan_.now);
  IndexedEntry entry;
  entry.fingerprint = key.hash();
  entry.location = location;
  entry.resident_until =
      std::min(resident_until(header.metadata, inserted, plan_.ttl), header.metadata.usable_until);
  entry.last_read = header.last_read;
  const std::optional<IndexedEntry> before = entry.resident_until <= plan_.now
                                                 ? store_.index.erase(key)  // it is over
                                                 : store_.index.insert(entry);
  if (before && before->location.segment != location.segment) voids_older = true;
}

void SegmentRecovery::forget_older() {
  const std::size_t forgotten = store_.index.clear();
  if (forgotten == 0) return;
  log_.write(LogLevel::kWarning,
             "the record of an erasure is lost; every entry that it may have erased is forgotten",
             {LogField("directory", directory_.path().string()),
              LogField("entries", std::to_string(forgotten))});
}

}  // namespace refrain
