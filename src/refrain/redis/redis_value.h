#pragma once

/// @file
/// An entry as one Redis value, and back. Formats: docs/formats/redis.md.

#include "refrain/cache/cache_key.h"
#include "refrain/cache/entry.h"
#include "refrain/redis/value_fault.h"

#include <tl/expected.hpp>

#include <cstddef>
#include <string>

namespace refrain {

/// `entry` as a JSON object on one line if its body is JSON, and else in binary: the metadata,
/// checksums, and last the body, unchanged.
std::string encode_redis_value(const Entry& entry);

/// The entry that `encode_redis_value` made `value` of, in this version or in an earlier one; or
/// why it is none.
tl::expected<Entry, ValueFault> decode_redis_value(std::string value,
                                                   CacheKey key,
                                                   std::size_t max_body_bytes);

}  // namespace refrain
