#include "refrain/disk/segment_recovery.h"

#include "refrain/cache/residency.h"
#include "refrain/disk/os_error.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
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
  for (const Candidate& candidate : candidates) {
    const bool is_current = candidate.header.generation == store_.meta.generation;
    // Never to an older one: what is behind it in order would seem newer than what is appended.
    const bool is_newest = candidate.header.id + 1 == store_.next_segment;
    done = is_current ? scan(candidate, is_newest) : remove_if_owner(candidate.header.id);
    if (!done) return fail(std::move(done.error()));
  }
  if (store_.meta.erasures > erasures_) forget_older();
  store_.meta.erasures = std::max(store_.meta.erasures, erasures_);
  return std::move(store_);
}

Result<void> SegmentRecovery::recover_meta() {
  Result<std::optional<StoreMeta>> meta = directory_.read_meta();
  if (meta) {
    const std::optional<StoreMeta>& stored = *meta;
    store_.is_meta_stored = stored.has_value();
    store_.meta = stored.value_or(StoreMeta());
    return {};
  }
  if (meta.error().code() != ErrorCode::kCorrupt) return fail(std::move(meta.error()));
  ++store_.damaged;
  log_.write(LogLevel::kWarning,
             "the disk cache's META is damaged; its segments say what it said",
             {LogField("directory", directory_.path().string()),
              LogField("reason", meta.error().message())});
  if (is_owner()) return directory_.set_meta_aside();
  return {};
}

Result<std::vector<std::uint64_t>> SegmentRecovery::list_segments() {
  const Result<std::vector<std::string>> names = directory_.names();
  if (!names) return fail(names.error());
  constexpr std::array<std::string_view, 4> kOwnNames{StoreDirectory::kLockName,
                                                      StoreDirectory::kMetaName,
                                                      StoreDirectory::kMetaDraftName,
                                                      StoreDirectory::kMetaDamagedName};
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
  Result<FileDescriptor> file =
      directory_.open_file(segment_file_name(id), is_owner() ? O_RDWR : O_RDONLY);
  if (!file && file.error().code() == ErrorCode::kUnavailable) return {};  // its owner evicted it
  if (!file && file.error().code() == ErrorCode::kUnprocessable) {
    ++store_.foreign_files;
    return {};
  }
  if (!file) return fail(std::move(file.error()));
  struct stat status{};
  if (::fstat(file->value(), &status) != 0) return fail(os_error("look at a segment", errno));
  const auto size = static_cast<std::uint64_t>(status.st_size);
  // Its writer died between making the file and writing to it.
  if (size == 0) return remove_if_owner(id);
  Candidate candidate;
  candidate.header.id = id;
  candidate.file = std::make_shared<SegmentFile>(std::move(*file), id, size);
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
  const bool is_a_copy = header.has_value();
  const bool looks_like_ours =
      !is_a_copy && count && (begins_like_a_segment(readable) || has_record(*candidate.file));
  return handle_damaged_header(candidate, looks_like_ours);
}

Result<void> SegmentRecovery::handle_damaged_header(const Candidate& candidate,
                                                    bool looks_like_ours) {
  ++store_.damaged;
  log_.write(LogLevel::kWarning,
             "a segment of the disk cache cannot be read and is skipped",
             {LogField("directory", directory_.path().string()),
              LogField("segment", segment_file_name(candidate.header.id))});
  // Ours, but of an unknown generation: left where it is it would take space that nobody counts.
  if (looks_like_ours) return remove_if_owner(candidate.header.id);
  ++store_.foreign_files;
  return {};
}

Result<void> SegmentRecovery::remove_if_owner(std::uint64_t id) {
  if (!is_owner()) return {};
  return directory_.remove(segment_file_name(id));
}

void SegmentRecovery::adopt_meta_of(const std::vector<Candidate>& candidates) {
  // A `clear` is acknowledged when the older segments are gone, so the newest generation that is
  // left is the current one.
  for (const auto& [header, file] : candidates) {
    store_.meta.generation = std::max(store_.meta.generation, header.generation);
    store_.meta.epoch = std::max(store_.meta.epoch, header.epoch);
  }
}

Result<void> SegmentRecovery::scan(const Candidate& candidate, bool is_newest) {
  const std::shared_ptr<SegmentFile>& file = candidate.file;
  const auto read = [&](std::uint64_t offset, std::span<char> buffer) {
    return read_at(*file, offset, buffer);
  };
  const auto visit = [&](const RecordHeader& header, std::uint64_t offset) {
    RecordLocation location;
    location.segment = file->id();
    location.offset = offset;
    location.body_size = header.body_size;
    location.content_type_size = header.content_type_size;
    replay(header, location);
  };
  const ScanEnd end = scan_segment(file->id(), file->size(), read, visit);
  store_.segments.emplace(file->id(), file);
  if (end.reason == ScanEnd::Reason::kDamaged) {
    ++store_.damaged;
    log_.write(LogLevel::kWarning,
               "a segment of the disk cache is damaged; what follows in it is lost",
               {LogField("directory", directory_.path().string()),
                LogField("segment", segment_file_name(file->id())),
                LogField("offset", std::to_string(end.offset))});
    return {};
  }
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
  if (header.kind == RecordKind::kTombstone) {
    ++erasures_;
    store_.index.erase(header.metadata.key);
    return;
  }
  // A clock that was ahead when the record was written must not lengthen its life.
  const WallTime inserted = std::min(header.inserted, now_);
  IndexedEntry entry;
  entry.location = location;
  entry.resident_until =
      std::min(resident_until(header.metadata, inserted, ttl_), header.metadata.usable_until);
  if (entry.resident_until <= now_) {
    store_.index.erase(header.metadata.key);  // it is over, and so is what it had replaced
  } else {
    store_.index.insert(header.metadata.key, entry);
  }
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
