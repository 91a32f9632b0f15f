#pragma once

/// @file
/// Making reads cold.

#include "refrain/disk/file_descriptor.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>

namespace refrain::bench {

enum class Eviction : std::uint8_t {
  kFiles,    ///< The pages of the directory's files; names and inodes stay in memory.
  kMachine,  ///< All that the kernel can drop, on the whole machine; for root only.
};

/// The widest that this process may do.
inline Eviction widest_eviction() {
  return ::access("/proc/sys/vm/drop_caches", W_OK) == 0 ? Eviction::kMachine : Eviction::kFiles;
}

/// Writes out what is dirty in the file system of `directory`.
inline void write_out(const std::filesystem::path& directory) {
  const FileDescriptor folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ::syncfs(folder.value());
}

/// Leaves nothing of the directory's files in the page cache, unless a process has it mapped.
inline void evict(const std::filesystem::path& directory, Eviction eviction) {
  write_out(directory);
  if (eviction == Eviction::kMachine) {
    const FileDescriptor control(::open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC));
    if (::write(control.value(), "3", 1) == 1) return;
  }
  for (const auto& item : std::filesystem::recursive_directory_iterator(directory)) {
    if (!item.is_regular_file()) continue;
    const FileDescriptor file(::open(item.path().c_str(), O_RDONLY | O_CLOEXEC));
    ::posix_fadvise(file.value(), 0, 0, POSIX_FADV_DONTNEED);
  }
}

}  // namespace refrain::bench
