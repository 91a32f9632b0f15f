#pragma once

/// @file
/// UTF-8 (RFC 3629) as far as requests need it.

#include <cstddef>
#include <string_view>

namespace refrain {

/// Whether `text` is well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

/// The number of code points of well-formed UTF-8.
std::size_t count_code_points(std::string_view text);

}  // namespace refrain
