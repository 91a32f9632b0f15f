#pragma once

/// @file
/// Base64 (RFC 4648, section 4).

#include <optional>
#include <string>
#include <string_view>

namespace refrain {

/// Appends `bytes` to `out` in base64, with padding.
void append_base64(std::string& out, std::string_view bytes);

/// The bytes of `text`, or nothing if it is not what `append_base64` makes of any bytes.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace refrain
