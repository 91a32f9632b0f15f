#include "refrain/disk/index_snapshot.h"

#include "refrain/disk/checksum.h"
#include "refrain/disk/little_endian.h"

#include <algorithm>
#include <cassert>
#include <string_view>

namespace refrain {
namespace {

constexpr std::string_view kMagic = "RFNINDEX";

constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kRecordsAt = 12;
constexpr std::size_t kGenerationAt = 16;
constexpr std::size_t kErasuresAt = 24;
constexpr std::size_t kNextSegmentAt = 32;
constexpr std::size_t kSegmentAt = 40;
constexpr std::size_t kOffsetAt = 48;
constexpr std::size_t kTtlAt = 56;
constexpr std::size_t kEntriesAt = 64;
constexpr std::size_t kWrittenAt = 72;
constexpr std::size_t kChecksumAt = 80;
static_assert(kChecksumAt + sizeof(std::uint64_t) == SnapshotHeader::kSize);

constexpr std::size_t kCountAt = 0;
constexpr std::size_t kChunkReservedAt = 4;
constexpr std::size_t kChunkChecksumAt = 8;

constexpr std::size_t kFingerprintAt = 0;
constexpr std::size_t kEntrySegmentAt = 8;
constexpr std::size_t kEntryOffsetAt = 12;
constexpr std::size_t kPayloadSizeAt = 16;
constexpr std::size_t kResidentUntilAt = 20;
constexpr std::size_t kLastReadAt = 24;
constexpr std::size_t kReadsAt = 28;
constexpr std::size_t kEntryReservedAt = 30;

std::uint32_t seconds_of(WallTime time) {
  return static_cast<std::uint32_t>(
      std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count());
}

WallTime time_at(std::span<const char> bytes, std::size_t offset) {
  return WallTime(std::chrono::seconds(get_little_endian<std::uint32_t>(bytes, offset)));
}

/// Of the entries, of how many there are, and of where they belong.
std::uint64_t chunk_checksum(std::span<const char> chunk, std::uint64_t seal) {
  const std::span<const char> entries = chunk.subspan(SnapshotChunk::kHeaderSize);
  return checksum_before(entries, entries.size()) + seal +
         get_little_endian<std::uint32_t>(chunk, kCountAt);
}

void encode_entry(std::span<char> bytes, const IndexedEntry& entry) {
  put_little_endian(bytes, kFingerprintAt, entry.fingerprint);
  put_little_endian(bytes, kEntrySegmentAt, entry.location.segment);
  put_little_endian(bytes, kEntryOffsetAt, entry.location.offset);
  put_little_endian(bytes, kPayloadSizeAt, entry.location.payload_size);
  put_little_endian(bytes, kResidentUntilAt, seconds_of(entry.resident_until));
  put_little_endian(bytes, kLastReadAt, seconds_of(entry.last_read));
  put_little_endian(bytes, kReadsAt, entry.reads);
}

IndexedEntry decode_entry(std::span<const char> bytes) {
  IndexedEntry entry;
  entry.fingerprint = get_little_endian<std::uint64_t>(bytes, kFingerprintAt);
  entry.location.segment = get_little_endian<std::uint32_t>(bytes, kEntrySegmentAt);
  entry.location.offset = get_little_endian<std::uint32_t>(bytes, kEntryOffsetAt);
  entry.location.payload_size = get_little_endian<std::uint32_t>(bytes, kPayloadSizeAt);
  entry.resident_until = time_at(bytes, kResidentUntilAt);
  entry.last_read = time_at(bytes, kLastReadAt);
  entry.reads = get_little_endian<std::uint16_t>(bytes, kReadsAt);
  return entry;
}

}  // namespace

std::uint64_t snapshot_size(std::uint64_t entries, std::uint64_t slots) {
  const std::uint64_t chunks =
      (slots + SnapshotChunk::kMaxEntries - 1) / SnapshotChunk::kMaxEntries;
  return SnapshotHeader::kSize + chunks * SnapshotChunk::kHeaderSize +
         entries * SnapshotChunk::kEntrySize;
}

std::array<char, SnapshotHeader::kSize> encode(const SnapshotHeader& header) {
  std::array<char, SnapshotHeader::kSize> bytes{};
  std::ranges::copy(kMagic, bytes.begin());
  put_little_endian(bytes, kVersionAt, SnapshotHeader::kFormatVersion);
  put_little_endian(bytes, kRecordsAt, header.position.records);
  put_little_endian(bytes, kGenerationAt, header.generation);
  put_little_endian(bytes, kErasuresAt, header.erasures);
  put_little_endian(bytes, kNextSegmentAt, header.next_segment);
  put_little_endian(bytes, kSegmentAt, header.position.segment);
  put_little_endian(bytes, kOffsetAt, header.position.offset);
  put_little_endian(bytes, kTtlAt, std::int64_t{header.ttl.count()});
  put_little_endian(bytes, kEntriesAt, header.entries);
  put_little_endian(bytes, kWrittenAt, std::int64_t{header.written.time_since_epoch().count()});
  put_little_endian(bytes, kChecksumAt, checksum_before(bytes, kChecksumAt));
  return bytes;
}

Result<SnapshotHeader> decode_snapshot_header(std::span<const char> bytes) {
  if (bytes.size() < SnapshotHeader::kSize ||
      !std::ranges::equal(bytes.first(kMagic.size()), kMagic)) {
    return fail(ErrorCode::kCorrupt, "INDEX does not begin with its header");
  }
  if (get_little_endian<std::uint64_t>(bytes, kChecksumAt) != checksum_before(bytes, kChecksumAt)) {
    return fail(ErrorCode::kCorrupt, "the header of INDEX does not match its checksum");
  }
  const auto version = get_little_endian<std::uint32_t>(bytes, kVersionAt);
  if (version != SnapshotHeader::kFormatVersion) {
    return fail(ErrorCode::kCorrupt,
                "INDEX has the unknown format version " + std::to_string(version));
  }
  SnapshotHeader header;
  header.generation = get_little_endian<std::uint64_t>(bytes, kGenerationAt);
  header.erasures = get_little_endian<std::uint64_t>(bytes, kErasuresAt);
  header.next_segment = get_little_endian<std::uint64_t>(bytes, kNextSegmentAt);
  header.position.segment = get_little_endian<std::uint64_t>(bytes, kSegmentAt);
  header.position.offset = get_little_endian<std::uint64_t>(bytes, kOffsetAt);
  header.position.records = get_little_endian<std::uint32_t>(bytes, kRecordsAt);
  header.ttl = std::chrono::seconds(get_little_endian<std::int64_t>(bytes, kTtlAt));
  header.entries = get_little_endian<std::uint64_t>(bytes, kEntriesAt);
  header.written =
      WallTime(std::chrono::milliseconds(get_little_endian<std::int64_t>(bytes, kWrittenAt)));
  return header;
}

std::uint64_t snapshot_seal(const SnapshotHeader& header, std::uint64_t offset) {
  return static_cast<std::uint64_t>(header.written.time_since_epoch().count()) + offset;
}

std::string encode_snapshot_chunk(std::span<const IndexedEntry> entries, std::uint64_t seal) {
  assert(!entries.empty() && entries.size() <= SnapshotChunk::kMaxEntries);
  std::string bytes(SnapshotChunk::size_of(entries.size()), '\0');
  put_little_endian(bytes, kCountAt, static_cast<std::uint32_t>(entries.size()));
  std::span<char> rest = std::span(bytes).subspan(SnapshotChunk::kHeaderSize);
  for (const IndexedEntry& entry : entries) {
    encode_entry(rest.first(SnapshotChunk::kEntrySize), entry);
    rest = rest.subspan(SnapshotChunk::kEntrySize);
  }
  put_little_endian(bytes, kChunkChecksumAt, chunk_checksum(bytes, seal));
  return bytes;
}

Result<std::size_t> snapshot_chunk_size(std::span<const char> bytes) {
  if (bytes.size() < SnapshotChunk::kHeaderSize)
    return fail(ErrorCode::kCorrupt, "INDEX ends within the header of a chunk");
  const auto count = get_little_endian<std::uint32_t>(bytes, kCountAt);
  if (count == 0 || count > SnapshotChunk::kMaxEntries)
    return fail(ErrorCode::kCorrupt, "a chunk of INDEX has an impossible number of entries");
  return SnapshotChunk::size_of(count);
}

Result<std::vector<IndexedEntry>> decode_snapshot_chunk(std::span<const char> bytes,
                                                        std::uint64_t seal) {
  if (get_little_endian<std::uint64_t>(bytes, kChunkChecksumAt) != chunk_checksum(bytes, seal) ||
      get_little_endian<std::uint32_t>(bytes, kChunkReservedAt) != 0) {
    return fail(ErrorCode::kCorrupt, "a chunk of INDEX does not match its checksum");
  }
  std::vector<IndexedEntry> entries;
  entries.reserve((bytes.size() - SnapshotChunk::kHeaderSize) / SnapshotChunk::kEntrySize);
  for (std::span<const char> rest = bytes.subspan(SnapshotChunk::kHeaderSize); !rest.empty();
       rest = rest.subspan(SnapshotChunk::kEntrySize)) {
    if (get_little_endian<std::uint16_t>(rest, kEntryReservedAt) != 0)
      return fail(ErrorCode::kCorrupt,
                  "an entry of INDEX has a value in a field that must be empty");
    entries.push_back(decode_entry(rest));
  }
  return entries;
}

}  // namespace refrain
