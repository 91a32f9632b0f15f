#pragma once

/// @file
/// The first bytes of a segment file. Format: docs/formats/disk-segment.md.

#include "refrain/core/result.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace refrain {

/// What a segment file says of itself.
struct SegmentHeader {
  static constexpr std::size_t kSize = 48;  ///< Bytes on disk.
  static constexpr std::uint32_t kFormatVersion = 2;
  /// Record sequence numbers have room for this many segments in the life of a store.
  static constexpr std::uint64_t kMaxId = 0xFFFF'FFFF;

  std::uint32_t version = kFormatVersion;
  std::uint64_t id = 0;  ///< Also the file's name, so that a copy under another name is not read.
  std::uint64_t generation =
      0;                    ///< The store's, raised by every `clear`: an older segment is void.
  std::uint64_t epoch = 0;  ///< The store's when the segment was begun.
};

std::array<char, SegmentHeader::kSize> encode(const SegmentHeader& header);

/// The header at the start of `bytes`; `kCorrupt` if it is not complete and intact,
/// `kUnprocessable` if it is of a newer format version. That of an older one is given as it is.
Result<SegmentHeader> decode_segment_header(std::span<const char> bytes);

/// Whether `bytes` begin like a segment file, be the rest damaged or not.
bool begins_like_a_segment(std::span<const char> bytes);

/// `000000000000002a.seg`
std::string segment_file_name(std::uint64_t id);

/// The id in a segment's file name, or nothing if `name` is not exactly one.
std::optional<std::uint64_t> segment_id_of(std::string_view name);

}  // namespace refrain
