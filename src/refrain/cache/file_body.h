#pragma once

/// @file
/// Where a body lies that is not in memory.

#include <cstdint>
#include <memory>

namespace refrain {

/// A body in an open file, at hand for sendfile(2). How long it is, its entry says.
///
/// Ownership: `owner` keeps the file open, and the body unchanged in its place.
struct FileBody {
  std::shared_ptr<const void> owner;
  int descriptor = -1;
  std::uint64_t offset = 0;
};

}  // namespace refrain
