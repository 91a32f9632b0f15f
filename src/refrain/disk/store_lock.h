#pragma once

/// @file
/// One owner per store directory.

#include "refrain/core/result.h"
#include "refrain/disk/file_descriptor.h"
#include "refrain/disk/store_directory.h"

namespace refrain {

/// The exclusive right to change a store, held as long as this object lives. The kernel gives it
/// back when the process ends in whatever way, so a crash leaves no stale lock. The file holds the
/// owner's process id, for people only.
class StoreLock {
public:
  /// `kUnavailable`, with the owner's process id in the message, if somebody else has it, or on a
  /// file system whose locks other machines may not see.
  static Result<StoreLock> acquire(const StoreDirectory& directory);

  /// Whether the lock file still has its name: without it another process could take a second lock.
  [[nodiscard]] bool is_linked() const;

private:
  explicit StoreLock(FileDescriptor file) : file_(std::move(file)) {}

  FileDescriptor file_;
};

}  // namespace refrain
