#pragma once

/// @file
/// HTTP status codes and their meaning for errors. The only file that knows both.

#include "refrain/core/error.h"

#include <string_view>

namespace refrain::http {

/// `"HTTP/1.1 404 Not Found\r\n"`.
std::string_view status_line(unsigned status);

/// The status that says what the caller can do about an error of this kind.
unsigned status_of(ErrorCode code);

}  // namespace refrain::http
