#pragma once

/// @file
/// An entry as one Redis value, and back. Formats: docs/formats/redis.md.

#include "refrain/cache/cache_key.h"
#include "refrain/cache/entry.h"
#include "refrain/redis/value_fault.h"

#include <tl/expected.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace refrain {

/// `entry` as a JSON object on one line if its body is JSON, and else in binary: the metadata,
/// checksums, and last the body, unchanged.
std::string encode_redis_value(const Entry& entry);

/// No value of an entry whose body has at most `max_body_bytes` is longer than this.
std::size_t longest_redis_value(std::size_t max_body_bytes);

/// Whether `bytes`, the first ones of a value, can be those of an entry under `key`.
bool begins_like_redis_value(std::string_view bytes, CacheKey key);

/// The entry that `encode_redis_value` made `value` of, in this version or in an earlier one; or
/// why it is none.
tl::expected<Entry, ValueFault> decode_redis_value(std::string value,
                                                   CacheKey key,
                                                   std::size_t max_body_bytes);

}  // namespace refrain
