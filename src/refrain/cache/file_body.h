#pragma once

/// @file
/// Where a body lies that is not in memory.

#include <cstdint>
#include <memory>

namespace refrain {

/// A body in an open file, at hand for sendfile(2). How long it is, its entry says.
///
/// Ownership: `owner` keeps the file open, and the body in its place.
///
/// Invariants: the body's bytes are never overwritten, zeroed or cut off, not even after the owner
/// has gone: what was handed to a socket are references to the file's pages, and they are on their
/// way for longer than anybody here knows. Deleting the file is harmless.
struct FileBody {
  std::shared_ptr<const void> owner;
  int descriptor = -1;
  std::uint64_t offset = 0;
};

}  // namespace refrain
