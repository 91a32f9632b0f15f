#pragma once

/// @file
/// An entry as one Redis value, and back. Format: docs/formats/redis.md.

#include "refrain/cache/cache_key.h"
#include "refrain/cache/entry.h"
#include "refrain/core/result.h"

#include <cstddef>
#include <string>

namespace refrain {

/// `entry` as a JSON object on one line: the metadata, a checksum of the whole, and last the body:
/// verbatim if it is JSON itself, base64 otherwise. `kUnprocessable` if the content type has bytes
/// that are not printable ASCII.
Result<std::string> encode_redis_value(const Entry& entry);

/// The entry that `encode_redis_value` made `value` of. `kCorrupt` if `value` is anything else, if
/// any byte of it was changed, if it is the entry of another key, or if its body is over
/// `max_body_bytes`.
Result<Entry> decode_redis_value(std::string value, CacheKey key, std::size_t max_body_bytes);

}  // namespace refrain
