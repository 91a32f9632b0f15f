// The files of a store, as a disk may give them back: whatever is in a segment and in INDEX, a
// store opens, goes on, and serves nothing that is not a good record of the segment.
//
// Input: what to mend (one byte, see below), the segment's length (two bytes), the segment, INDEX.
#include "refrain/disk/checksum.h"
#include "refrain/disk/disk_record.h"
#include "refrain/disk/index_snapshot.h"
#include "refrain/disk/little_endian.h"
#include "refrain/disk/segment_header.h"
#include "refrain/disk/segment_store.h"

#include "disk/faulty_file_system.h"
#include "support/manual_clock.h"
#include "support/sample_entry.h"
#include "support/temp_dir.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace refrain;  // NOLINT(google-build-using-namespace): a program of one file
using testing::FaultyFileSystem;
using testing::ManualClock;
using testing::TempDir;

// Bits of the first byte: which checksums are put right, so that fuzzing gets behind them.
constexpr unsigned kMendSegment = 1;
constexpr unsigned kMendRecord = 2;
constexpr unsigned kMendIndex = 4;
constexpr unsigned kMendChunk = 8;
constexpr unsigned kHasMeta = 16;

void require(bool claim) {
  if (!claim) std::abort();
}

/// Puts the checksum at the end of a header right.
void mend(std::span<char> header) {
  const std::size_t checksum_at = header.size() - sizeof(std::uint64_t);
  put_little_endian(header, checksum_at, checksum_before(header, checksum_at));
}

void mend_segment(std::string& bytes, unsigned what) {
  constexpr std::size_t kFirst = SegmentHeader::kSize;
  if ((what & kMendSegment) != 0 && bytes.size() >= SegmentHeader::kSize) {
    SegmentHeader header;
    header.id = 1;
    header.generation = 1;
    std::ranges::copy(encode(header), bytes.begin());
  }
  if ((what & kMendRecord) == 0 || bytes.size() < kFirst + RecordHeader::kSize) return;
  const std::span<char> record = std::span<char>(bytes).subspan(kFirst, RecordHeader::kSize);
  put_little_endian<std::uint32_t>(record, 0, 0x524E4652);
  put_little_endian(record, 16, record_sequence(1, 0));
  mend(record);
}

void mend_index(std::string& bytes, unsigned what) {
  constexpr std::size_t kFirst = SnapshotHeader::kSize;
  if ((what & kMendIndex) != 0 && bytes.size() >= kFirst)
    mend(std::span<char>(bytes).first(kFirst));
  if ((what & kMendChunk) == 0 || bytes.size() < kFirst) return;
  const std::span<char> chunk = std::span<char>(bytes).subspan(kFirst);
  const Result<std::size_t> size = snapshot_chunk_size(chunk);
  const Result<SnapshotHeader> header = decode_snapshot_header(bytes);
  if (!size || *size > chunk.size() || !header) return;
  const auto entries = chunk.first(*size).subspan(SnapshotChunk::kHeaderSize);
  put_little_endian(chunk,
                    8,
                    checksum_before(entries, entries.size()) + snapshot_seal(*header, kFirst) +
                        get_little_endian<std::uint32_t>(chunk, 0));
}

void write_file(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), std::ssize(bytes));
}

/// Whether a good record of these very bytes lies anywhere in the segment: a parser of its own,
/// which takes nothing from an index.
bool is_recorded(std::span<const char> segment, const Entry& entry) {
  for (std::size_t offset = 0; offset + RecordHeader::kSize <= segment.size(); ++offset) {
    const Result<RecordHeader> header = decode_record_header(segment.subspan(offset));
    if (!header || header->kind != RecordKind::kEntry) continue;
    if (header->metadata.key != entry.key()) continue;
    const std::span<const char> rest = segment.subspan(offset + RecordHeader::kSize);
    if (header->payload_size() > rest.size()) continue;
    const auto payload = rest.first(static_cast<std::size_t>(header->payload_size()));
    if (checksum_before(payload, payload.size()) != header->payload_checksum) continue;
    const auto body = payload.subspan(header->content_type_size);
    if (std::ranges::equal(body, entry.body())) return true;
  }
  return false;
}

class Directory {
public:
  Directory(std::string segment, std::string_view index, bool has_meta)
      : segment_(std::move(segment)) {
    std::filesystem::create_directory(path());
    write_file(path() / segment_file_name(1), segment_);
    if (!index.empty()) write_file(path() / StoreDirectory::kIndexName, index);
    if (!has_meta) return;
    const auto meta = encode(StoreMeta());
    write_file(path() / StoreDirectory::kMetaName, std::string_view(meta.data(), meta.size()));
  }

  void open_and_look(OpenMode mode) {
    SegmentStore::Options options;
    options.directory = path();
    options.max_size_bytes = 1 << 20;
    options.mode = mode;
    options.file_system = files_;
    const Result<std::unique_ptr<SegmentStore>> store = SegmentStore::open(options, clock_, log_);
    if (!store) {
      require(mode == OpenMode::kReadOnly || store.error().code() != ErrorCode::kInvalidArgument);
      return;
    }
    look_into(**store);
    if (mode == OpenMode::kReadOnly) return;
    const Entry own = testing::sample_entry(testing::sample_key("own"), clock_.now(), "own body");
    require((*store)->insert(own).value_or(InsertOutcome::kRefused) == InsertOutcome::kStored);
    require((*store)->find(own.key()).value_or(std::nullopt)->body() == "own body");
    require((*store)->sweep().has_value());
  }

private:
  [[nodiscard]] std::filesystem::path path() const { return folder_.path() / "cache"; }

  void look_into(SegmentStore& store) {
    std::vector<CacheKey> keys;
    store.visit([&](const SegmentStore::StoredEntry& stored) {
      keys.push_back(stored.metadata.key);
      return true;
    });
    for (const CacheKey& key : keys) {
      const Result<std::optional<Entry>> found = store.find(key);
      require(found.has_value());
      const bool is_own = key == testing::sample_key("own");
      if (*found) require(is_own || is_recorded(segment_, **found));
      Result<ImmediateLookup> now = store.find_now(key, BodyPlace::kMemory);
      require(now.has_value());
      if (now->entry()) require(is_own || is_recorded(segment_, *now->entry()));
    }
    const Result<SegmentStore::VerifyReport> report = store.verify(SegmentStore::Repair::kNo);
    require(report.has_value() && report->unreadable == 0);
    require(store.stats().items == report->entries);
    require(store.stats().insertions - store.stats().removals.total() == store.stats().items);
  }

  const TempDir folder_;
  const std::string segment_;
  const std::shared_ptr<FaultyFileSystem> files_ = std::make_shared<FaultyFileSystem>();
  const ManualClock clock_;
  NullLog log_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kPrefix = 3;
  if (size < kPrefix) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const unsigned what = data[0];
  const std::size_t segment_size = std::size_t{data[1]} + std::size_t{data[2]} * 256;
  std::string segment(input.substr(kPrefix, segment_size));
  std::string index(input.substr(std::min(size, kPrefix + segment_size)));
  mend_segment(segment, what);
  mend_index(index, what);
  Directory directory(segment, index, (what & kHasMeta) != 0);
  directory.open_and_look(OpenMode::kReadOnly);
  directory.open_and_look(OpenMode::kOwner);
  directory.open_and_look(OpenMode::kOwner);
  return 0;
}
