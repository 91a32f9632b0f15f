#pragma once

/// @file
/// Bytes as lower-case hexadecimal text and back.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace refrain {

/// Two lower-case digits a byte.
std::string to_hex(std::span<const std::uint8_t> bytes);

/// Sixteen lower-case digits, most significant first.
std::string to_hex(std::uint64_t value);

/// Fills `out` from exactly `2 * out.size()` hexadecimal digits of either case; false if `text` is
/// anything else, and `out` is then unspecified.
bool from_hex(std::string_view text, std::span<std::uint8_t> out);

}  // namespace refrain
