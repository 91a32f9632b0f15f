#pragma once

/// @file
/// What the operating system refused, as an `Error`.

#include "refrain/core/error.h"

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

namespace refrain {

/// `cannot <action>: <the system's words for error_number>`, of kind `kTooLarge` if there is no
/// room for it and else `kIo`.
inline Error os_error(std::string_view action, int error_number) {
  const std::error_code code(error_number, std::generic_category());
  const bool is_full = error_number == ENOSPC || error_number == EDQUOT;
  return Error(is_full ? ErrorCode::kTooLarge : ErrorCode::kIo,
               "cannot " + std::string(action) + ": " + code.message());
}

}  // namespace refrain
