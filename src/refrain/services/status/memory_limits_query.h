#pragma once

/// @file
/// New limits for a cache in memory, as they are asked for.

#include "refrain/core/result.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace refrain {

/// `{"max_items": …, "max_size_bytes": …}`; what is not named stays as it is.
struct MemoryLimitsQuery {
  std::optional<std::int64_t> max_items;
  std::optional<std::int64_t> max_size_bytes;

  /// Fails with `kInvalidArgument` or `kUnprocessable` and names the field.
  static Result<MemoryLimitsQuery> read(std::string_view body);
};

}  // namespace refrain
