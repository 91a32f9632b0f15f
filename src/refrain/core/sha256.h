#pragma once

/// @file
/// SHA-256 (FIPS 180-4) by OpenSSL.

#include <array>
#include <cstdint>
#include <string_view>

namespace refrain {

using Sha256Digest = std::array<std::uint8_t, 32>;

/// The digest of `bytes`. Throws `std::bad_alloc` if OpenSSL has no memory.
Sha256Digest sha256(std::string_view bytes);

}  // namespace refrain
