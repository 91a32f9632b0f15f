#pragma once

/// @file
/// Why a value in Redis is no entry.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace refrain {

/// What is wrong with a value that was read. The first that applies, in this order.
enum class ValueFault : std::uint8_t {
  kForeign,   ///< Not in a format of ours: another program's, another type.
  kOlder,     ///< In a format that was given up.
  kNewer,     ///< In a format of a later version of this program.
  kCut,       ///< Its end is missing, or something stands behind it.
  kKey,       ///< The entry of another key.
  kChecksum,  ///< Some byte of it was changed.
  kTooLarge,  ///< Larger than any entry may be.
};
inline constexpr std::size_t kValueFaults = 7;

/// `foreign`, `older`, `newer`, `cut`, `key`, `checksum` or `too_large`.
std::string_view to_string(ValueFault fault);

}  // namespace refrain
