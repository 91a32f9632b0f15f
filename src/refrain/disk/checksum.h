#pragma once

/// @file
/// The checksum of the headers on disk.

#include <cstddef>
#include <cstdint>
#include <span>

namespace refrain {

/// XXH3-64 of the first `end` bytes. @pre `end <= bytes.size()`
std::uint64_t checksum_before(std::span<const char> bytes, std::size_t end);

}  // namespace refrain
