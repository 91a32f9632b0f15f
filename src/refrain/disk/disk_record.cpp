#include "refrain/disk/disk_record.h"

#include "refrain/disk/checksum.h"
#include "refrain/disk/little_endian.h"

#include <algorithm>
#include <cassert>
#include <limits>

namespace refrain {
namespace {

constexpr std::uint32_t kMagic = 0x524E4652;  // "RFNR"

constexpr std::size_t kMagicAt = 0;
constexpr std::size_t kVersionAt = 4;
constexpr std::size_t kKindAt = 6;
constexpr std::size_t kContentTypeSizeAt = 7;
constexpr std::size_t kBodySizeAt = 8;
constexpr std::size_t kReadsAt = 12;
constexpr std::size_t kSequenceAt = 16;
constexpr std::size_t kErasuresAt = 24;
constexpr std::size_t kKeyAt = 32;
constexpr std::size_t kCreatedAt = 64;
constexpr std::size_t kFreshUntilAt = 72;
constexpr std::size_t kUsableUntilAt = 80;
constexpr std::size_t kInsertedAt = 88;
constexpr std::size_t kCostAt = 96;
constexpr std::size_t kLastReadAt = 104;
constexpr std::size_t kPayloadChecksumAt = 112;
constexpr std::size_t kHeaderChecksumAt = 120;
static_assert(kHeaderChecksumAt + sizeof(std::uint64_t) == RecordHeader::kSize);

std::int64_t milliseconds_of(WallTime time) {
  return time.time_since_epoch().count();
}

WallTime wall_time_at(std::span<const char> bytes, std::size_t offset) {
  return WallTime(std::chrono::milliseconds(get_little_endian<std::int64_t>(bytes, offset)));
}

/// Whether times and cost can be reckoned with: differences of any two have room to spare.
bool is_in_range(const RecordHeader& header) {
  constexpr std::int64_t kLimit = std::int64_t{1} << 53U;
  const auto is_near = [](std::int64_t value) {
    return value > -kLimit && value < kLimit;
  };
  const EntryMetadata& metadata = header.metadata;
  return is_near(milliseconds_of(metadata.created)) &&
         is_near(milliseconds_of(metadata.fresh_until)) &&
         is_near(milliseconds_of(metadata.usable_until)) &&
         is_near(milliseconds_of(header.inserted)) && is_near(milliseconds_of(header.last_read)) &&
         is_near(metadata.cost.count());
}

bool is_bare_tombstone(const RecordHeader& header) {
  const WallTime unset{};
  return header.payload_size() == 0 && header.payload_checksum == 0 &&
         header.metadata.created == unset && header.metadata.fresh_until == unset &&
         header.metadata.usable_until == unset && header.metadata.cost.count() == 0 &&
         header.reads == 0 && header.last_read == unset;
}

}  // namespace

RecordHeader entry_record(const Entry& entry, WallTime inserted) {
  assert(entry.body().size() <= std::numeric_limits<std::uint32_t>::max());
  RecordHeader header;
  header.kind = RecordKind::kEntry;
  header.content_type_size = static_cast<std::uint8_t>(entry.content_type().size());
  header.body_size = static_cast<std::uint32_t>(entry.body().size());
  header.metadata = entry.metadata();
  header.inserted = inserted;
  header.payload_checksum = entry.checksum();
  return header;
}

RecordHeader tombstone_record(const CacheKey& key, WallTime erased) {
  RecordHeader header;
  header.kind = RecordKind::kTombstone;
  header.metadata.key = key;
  header.inserted = erased;
  return header;
}

std::array<char, RecordHeader::kSize> encode(const RecordHeader& header) {
  std::array<char, RecordHeader::kSize> bytes{};
  put_little_endian(bytes, kMagicAt, kMagic);
  put_little_endian(bytes, kVersionAt, RecordHeader::kFormatVersion);
  put_little_endian(bytes, kKindAt, static_cast<std::uint8_t>(header.kind));
  put_little_endian(bytes, kContentTypeSizeAt, header.content_type_size);
  put_little_endian(bytes, kBodySizeAt, header.body_size);
  put_little_endian(bytes, kReadsAt, header.reads);
  put_little_endian(bytes, kSequenceAt, header.sequence);
  put_little_endian(bytes, kErasuresAt, header.erasures);
  std::memcpy(bytes.data() + kKeyAt, header.metadata.key.digest().data(), CacheKey::kSize);
  put_little_endian(bytes, kCreatedAt, milliseconds_of(header.metadata.created));
  put_little_endian(bytes, kFreshUntilAt, milliseconds_of(header.metadata.fresh_until));
  put_little_endian(bytes, kUsableUntilAt, milliseconds_of(header.metadata.usable_until));
  put_little_endian(bytes, kInsertedAt, milliseconds_of(header.inserted));
  put_little_endian(bytes, kCostAt, std::int64_t{header.metadata.cost.count()});
  put_little_endian(bytes, kLastReadAt, milliseconds_of(header.last_read));
  put_little_endian(bytes, kPayloadChecksumAt, header.payload_checksum);
  put_little_endian(bytes, kHeaderChecksumAt, checksum_before(bytes, kHeaderChecksumAt));
  return bytes;
}

Result<RecordHeader> decode_record_header(std::span<const char> bytes) {
  if (bytes.size() < RecordHeader::kSize) {
    return fail(ErrorCode::kCorrupt, "the record header is cut off");
  }
  if (get_little_endian<std::uint32_t>(bytes, kMagicAt) != kMagic) {
    return fail(ErrorCode::kCorrupt, "there is no record here");
  }
  const std::uint64_t checksum = checksum_before(bytes, kHeaderChecksumAt);
  if (get_little_endian<std::uint64_t>(bytes, kHeaderChecksumAt) != checksum) {
    return fail(ErrorCode::kCorrupt, "the record header does not match its checksum");
  }
  const auto version = get_little_endian<std::uint16_t>(bytes, kVersionAt);
  if (version != RecordHeader::kFormatVersion) {
    return fail(ErrorCode::kCorrupt,
                "the record has the unknown format version " + std::to_string(version));
  }
  const auto kind = get_little_endian<std::uint8_t>(bytes, kKindAt);
  if (kind != static_cast<std::uint8_t>(RecordKind::kEntry) &&
      kind != static_cast<std::uint8_t>(RecordKind::kTombstone)) {
    return fail(ErrorCode::kCorrupt, "the record is of the unknown kind " + std::to_string(kind));
  }
  RecordHeader header;
  header.kind = static_cast<RecordKind>(kind);
  header.content_type_size = get_little_endian<std::uint8_t>(bytes, kContentTypeSizeAt);
  header.body_size = get_little_endian<std::uint32_t>(bytes, kBodySizeAt);
  header.sequence = get_little_endian<std::uint64_t>(bytes, kSequenceAt);
  header.erasures = get_little_endian<std::uint64_t>(bytes, kErasuresAt);
  std::array<std::uint8_t, CacheKey::kSize> digest{};
  std::memcpy(digest.data(), bytes.data() + kKeyAt, digest.size());
  header.metadata.key = CacheKey(digest);
  header.metadata.created = wall_time_at(bytes, kCreatedAt);
  header.metadata.fresh_until = wall_time_at(bytes, kFreshUntilAt);
  header.metadata.usable_until = wall_time_at(bytes, kUsableUntilAt);
  header.metadata.cost = std::chrono::microseconds(get_little_endian<std::int64_t>(bytes, kCostAt));
  header.inserted = wall_time_at(bytes, kInsertedAt);
  header.reads = get_little_endian<std::uint32_t>(bytes, kReadsAt);
  header.last_read = wall_time_at(bytes, kLastReadAt);
  header.payload_checksum = get_little_endian<std::uint64_t>(bytes, kPayloadChecksumAt);
  if (!is_in_range(header)) return fail(ErrorCode::kCorrupt, "the record has a time out of range");
  if (header.kind == RecordKind::kTombstone && !is_bare_tombstone(header)) {
    return fail(ErrorCode::kCorrupt, "the record has values in fields that must be empty");
  }
  return header;
}

}  // namespace refrain
