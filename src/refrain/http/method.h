#pragma once

/// @file
/// The request methods that a route can be for.

#include <cstdint>
#include <string_view>

namespace refrain::http {

enum class Method : std::uint8_t {
  kGet,
  kHead,
  kPost,
  kDelete,
  kQuery,  ///< RFC 10008: a safe, cacheable request with content.
  kOther,
};

/// `"GET"` and so on; `"other"` for kOther.
std::string_view to_string(Method method);

/// Methods are case-sensitive (RFC 9110 section 9.1).
Method parse_method(std::string_view text);

}  // namespace refrain::http
