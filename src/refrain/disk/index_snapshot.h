#pragma once

/// @file
/// The bytes of the file `INDEX`: what the index knew, so that opening a store need not read every
/// record. Format: docs/formats/disk-segment.md.

#include "refrain/core/result.h"
#include "refrain/disk/disk_index.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace refrain {

/// Where in the order of writing a snapshot was taken: every record before this place is accounted
/// for in it, none behind.
struct StorePosition {
  std::uint64_t segment = 0;  ///< 0: before the first.
  std::uint64_t offset = 0;   ///< In that segment, the end of its last record.
  std::uint32_t records = 0;  ///< In that segment.
};

/// The begin of a snapshot.
struct SnapshotHeader {
  static constexpr std::size_t kSize = 88;  ///< Bytes on disk.
  static constexpr std::uint32_t kFormatVersion = 1;

  std::uint64_t generation = 0;  ///< The store's; a snapshot of another one says nothing.
  std::uint64_t erasures = 0;    ///< Tombstones before `position`, ever.
  std::uint64_t next_segment = 0;
  StorePosition position;
  std::chrono::seconds ttl{};  ///< With which the entries' times were reckoned.
  WallTime written;            ///< By a clock that may have been ahead.
  std::uint64_t entries = 0;
};

/// A snapshot's entries come in chunks, each with a checksum of its own.
struct SnapshotChunk {
  static constexpr std::size_t kHeaderSize = 16;
  static constexpr std::size_t kEntrySize = 32;
  static constexpr std::size_t kMaxEntries = 4096;

  /// Bytes on disk of a chunk with so many entries.
  static constexpr std::size_t size_of(std::size_t entries) {
    return kHeaderSize + entries * kEntrySize;
  }
};

/// Bytes on disk of a snapshot of so many entries, each chunk of which comes from as many slots of
/// the index as it has room for entries.
std::uint64_t snapshot_size(std::uint64_t entries, std::uint64_t slots);

std::array<char, SnapshotHeader::kSize> encode(const SnapshotHeader& header);

/// `kCorrupt` if `bytes` do not begin with an intact header of this version.
Result<SnapshotHeader> decode_snapshot_header(std::span<const char> bytes);

/// What a chunk's checksum begins with, so that no chunk of another snapshot or place passes for
/// it: INDEX is not synced, and after a loss of power old blocks may show through.
std::uint64_t snapshot_seal(const SnapshotHeader& header, std::uint64_t offset);

/// @pre `1 <= entries.size() <= SnapshotChunk::kMaxEntries`
std::string encode_snapshot_chunk(std::span<const IndexedEntry> entries, std::uint64_t seal);

/// How many bytes the chunk has that begins with `bytes`; `kCorrupt` if that is out of range.
/// Allocates nothing.
Result<std::size_t> snapshot_chunk_size(std::span<const char> bytes);

/// @pre `bytes` is a whole chunk, by `snapshot_chunk_size`.
Result<std::vector<IndexedEntry>> decode_snapshot_chunk(std::span<const char> bytes,
                                                        std::uint64_t seal);

}  // namespace refrain
