#pragma once

/// @file
/// What the operating system refused, as an `Error`.

#include "refrain/core/error.h"

#include <string>
#include <string_view>
#include <system_error>

namespace refrain {

/// `cannot <action>: <the system's words for error_number>`, of kind `kIo`.
inline Error os_error(std::string_view action, int error_number) {
  const std::error_code code(error_number, std::generic_category());
  return Error(ErrorCode::kIo, "cannot " + std::string(action) + ": " + code.message());
}

}  // namespace refrain
