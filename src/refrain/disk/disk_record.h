#pragma once

/// @file
/// One record of a segment file, as bytes. Format: docs/formats/disk-segment.md.

#include "refrain/cache/entry.h"
#include "refrain/core/clock.h"
#include "refrain/core/result.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace refrain {

enum class RecordKind : std::uint8_t {
  kEntry = 1,      ///< An entry; its content type and body follow the header.
  kTombstone = 2,  ///< The key was erased; every earlier record of it is void.
};

/// The fixed-size head of a record: everything but the content type and the body.
struct RecordHeader {
  static constexpr std::size_t kSize = 128;  ///< Bytes on disk.
  static constexpr std::uint16_t kFormatVersion = 2;

  RecordKind kind = RecordKind::kEntry;
  std::uint8_t content_type_size = 0;
  std::uint32_t body_size = 0;
  std::uint64_t sequence = 0;  ///< See `record_sequence`.
  std::uint64_t erasures = 0;  ///< Tombstones the store had written before this record, ever.
  EntryMetadata metadata;      ///< A tombstone has only the key.
  WallTime inserted;           ///< When the entry came into the store; kept when it is moved.
  std::uint32_t reads = 0;     ///< Reads of the entry before this record was written.
  WallTime last_read;          ///< The last of these; the epoch's begin if there was none.
  std::uint64_t payload_checksum = 0;  ///< `Entry::checksum`; 0 in a tombstone.

  [[nodiscard]] std::uint64_t payload_size() const {
    return std::uint64_t{content_type_size} + body_size;
  }
  [[nodiscard]] std::uint64_t record_size() const { return kSize + payload_size(); }
};

/// The sequence number of the `ordinal`th record of a segment. It rises with every record of a
/// store, across segments, and a record that was copied to another place does not have the right
/// one.
constexpr std::uint64_t record_sequence(std::uint64_t segment, std::uint32_t ordinal) {
  return (segment << 32U) | ordinal;
}

/// The header of a record that holds `entry`.
/// @pre the entry's body is shorter than 4 GiB.
RecordHeader entry_record(const Entry& entry, WallTime inserted);

/// The header of a record that erases `key`.
RecordHeader tombstone_record(const CacheKey& key, WallTime erased);

std::array<char, RecordHeader::kSize> encode(const RecordHeader& header);

/// The header at the start of `bytes`; `kCorrupt` if it is not complete, intact and of this
/// version. Looks at nothing behind the header and allocates nothing in proportion to what the
/// header says.
Result<RecordHeader> decode_record_header(std::span<const char> bytes);

}  // namespace refrain
