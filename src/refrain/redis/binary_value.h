#pragma once

/// @file
/// An entry as one binary Redis value, and back. Format: docs/formats/redis.md.

#include "refrain/cache/cache_key.h"
#include "refrain/cache/entry.h"
#include "refrain/redis/value_fault.h"

#include <tl/expected.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace refrain {

/// What every binary value begins with. No JSON text does.
inline constexpr std::string_view kBinaryValueMagic("\xf5RFR", 4);

/// `entry` behind a header of fixed size.
std::string encode_binary_value(const Entry& entry);

/// The entry of `key` that `encode_binary_value` made `value` of, or why it is none.
/// @pre `value` begins with the magic.
tl::expected<Entry, ValueFault> decode_binary_value(std::string_view value,
                                                    CacheKey key,
                                                    std::size_t max_body_bytes);

}  // namespace refrain
