#pragma once

/// @file
/// The system calls that a store makes, so that tests can let each of them fail.

#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace refrain {

/// The operating system's files as they are: each member is the system call of its name, and fails
/// as that does (-1 and `errno`). A test derives from it and lets calls fail, wait or tell.
///
/// Thread safety: any.
class FileSystem {
public:
  FileSystem() = default;
  FileSystem(const FileSystem&) = delete;
  FileSystem& operator=(const FileSystem&) = delete;
  virtual ~FileSystem();

  [[nodiscard]] virtual int make_directory(const char* path, mode_t mode);
  [[nodiscard]] virtual int open_directory(const char* path);
  [[nodiscard]] virtual int open_at(int directory, const char* name, int flags, mode_t mode);
  [[nodiscard]] virtual int unlink_at(int directory, const char* name);
  [[nodiscard]] virtual int rename_at(int directory, const char* from, const char* to);
  /// The names in an open directory. Returns 0, or -1 and `errno`.
  [[nodiscard]] virtual int list(int directory, std::vector<std::string>& names);

  /// `preadv2`; with `RWF_NOWAIT` in `flags` it fails with `EAGAIN` where it would have to wait for
  /// the medium.
  [[nodiscard]] virtual ssize_t read_at(int file,
                                        const iovec* buffers,
                                        int count,
                                        off_t offset,
                                        int flags);
  [[nodiscard]] virtual ssize_t write_at(int file, const iovec* buffers, int count, off_t offset);
  [[nodiscard]] virtual int truncate(int file, off_t size);
  [[nodiscard]] virtual int sync_data(int file);
  [[nodiscard]] virtual int sync(int file);

  [[nodiscard]] virtual int status(int file, struct stat& status);
  [[nodiscard]] virtual int status_of_path(const char* path, struct stat& status);
  /// `fstatfs`: what kind of file system it is, and how much room there is.
  [[nodiscard]] virtual int file_system_status(int file, struct statfs& status);

  /// Whether the pages of `[address, address + size)`, part of a mapped file, are all in the page
  /// cache: reading them would not wait. An answer for this moment; false if it cannot be known.
  [[nodiscard]] virtual bool is_resident(void* address, std::size_t size);
};

}  // namespace refrain
