#pragma once

/// @file
/// The file `META` of a store. Format: docs/formats/disk-segment.md.

#include "refrain/cache/epoch.h"
#include "refrain/core/result.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace refrain {

/// What a store must remember besides its segments.
struct StoreMeta {
  static constexpr std::size_t kSize = 48;  ///< Bytes on disk.
  static constexpr std::uint32_t kFormatVersion = 2;

  std::uint32_t version = kFormatVersion;
  std::uint64_t epoch = Epoch::kFirst;  ///< See `Tier::clear`.
  std::uint64_t generation = 1;         ///< Segments of another generation are void.
  std::uint64_t erasures =
      0;  ///< At least this many tombstones were written, ever, and acknowledged.
};

std::array<char, StoreMeta::kSize> encode(const StoreMeta& meta);

/// `kCorrupt` if `bytes` are not exactly an intact file; `kUnprocessable` if it is of a newer
/// version. Of an older one only the version and the epoch are read, as `StoreMeta::version` says.
Result<StoreMeta> decode_store_meta(std::span<const char> bytes);

}  // namespace refrain
