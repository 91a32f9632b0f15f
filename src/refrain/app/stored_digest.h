#pragma once

/// @file
/// Entries of a disk cache by how their digests begin.

#include "refrain/cache/cache_key.h"
#include "refrain/core/result.h"
#include "refrain/disk/segment_store.h"

#include <cstddef>
#include <string_view>

namespace refrain::app {

inline constexpr std::size_t kShortestDigest = 8;  ///< Hexadecimal digits.

/// The key with these hexadecimal digits or, if they are fewer than 64, of the one entry whose
/// digest begins with them. `kInvalidArgument` if they are no digits or too few, `kUnavailable` if
/// there is no such entry or more than one.
Result<CacheKey> find_digest(SegmentStore& store, std::string_view digits);

}  // namespace refrain::app
