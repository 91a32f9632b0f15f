#pragma once

/// @file
/// An entry as one Redis value, and back. Format: docs/formats/redis.md.

#include "refrain/cache/cache_key.h"
#include "refrain/cache/entry.h"
#include "refrain/core/result.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace refrain {

/// `entry` as a JSON object on one line: the metadata, a checksum of the whole, and last the body:
/// verbatim if it is JSON itself, base64 otherwise. `kUnprocessable` if the content type has bytes
/// that are not printable ASCII.
Result<std::string> encode_redis_value(const Entry& entry);

/// No value of an entry whose body has at most `max_body_bytes` is longer than this.
std::size_t longest_redis_value(std::size_t max_body_bytes);

/// Whether `bytes`, the first ones of a value, can be those of an entry under `key`.
bool begins_like_redis_value(std::string_view bytes, CacheKey key);

/// The entry that `encode_redis_value` made `value` of. `kCorrupt` if `value` is anything else, if
/// any byte of it was changed, if it is the entry of another key, or if its body is over
/// `max_body_bytes`.
Result<Entry> decode_redis_value(std::string value, CacheKey key, std::size_t max_body_bytes);

}  // namespace refrain
