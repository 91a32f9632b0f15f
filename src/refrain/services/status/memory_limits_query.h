#pragma once

/// @file
/// New limits for a cache in memory, as they are asked for.

#include "refrain/core/result.h"

#include <cstddef>
#include <optional>
#include <string_view>

namespace refrain {

/// `{"max_items": …, "max_size_bytes": …}`; what is not named stays as it is.
struct MemoryLimitsQuery {
  std::optional<std::size_t> max_items;
  std::optional<std::size_t> max_size_bytes;

  /// Fails with `kInvalidArgument` or `kUnprocessable` and names the field.
  /// @param least_items the fewest that the cache can be asked to hold
  static Result<MemoryLimitsQuery> read(std::string_view body, std::size_t least_items);
};

}  // namespace refrain
