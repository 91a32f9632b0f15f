#include "refrain/disk/file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string_view>

namespace refrain {

FileSystem::~FileSystem() = default;

int FileSystem::make_directory(const char* path, mode_t mode) {
  return ::mkdir(path, mode);
}

int FileSystem::open_directory(const char* path) {
  return ::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int FileSystem::open_at(int directory, const char* name, int flags, mode_t mode) {
  return ::openat(directory, name, flags, mode);
}

int FileSystem::unlink_at(int directory, const char* name) {
  return ::unlinkat(directory, name, 0);
}

int FileSystem::rename_at(int directory, const char* from, const char* to) {
  return ::renameat(directory, from, directory, to);
}

int FileSystem::list(int directory, std::vector<std::string>& names) {
  // A descriptor of its own: closing the stream closes it, and reading moves its place.
  const int own = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (own < 0) return -1;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(own), &::closedir);
  if (!stream) {
    ::close(own);
    return -1;
  }
  for (;;) {
    errno = 0;
    // The stream is this call's own. NOLINTNEXTLINE(concurrency-mt-unsafe)
    const dirent* const entry = ::readdir(stream.get());
    if (entry == nullptr) return errno == 0 ? 0 : -1;
    const std::string_view name(entry->d_name);
    if (name != "." && name != "..") names.emplace_back(name);
  }
}

ssize_t FileSystem::read_at(int file, const iovec* buffers, int count, off_t offset, int flags) {
  return flags == 0 ? ::preadv(file, buffers, count, offset)
                    : ::preadv2(file, buffers, count, offset, flags);
}

ssize_t FileSystem::write_at(int file, const iovec* buffers, int count, off_t offset) {
  return ::pwritev(file, buffers, count, offset);
}

int FileSystem::truncate(int file, off_t size) {
  return ::ftruncate(file, size);
}

int FileSystem::sync_data(int file) {
  return ::fdatasync(file);
}

int FileSystem::sync(int file) {
  return ::fsync(file);
}

int FileSystem::status(int file, struct stat& status) {
  return ::fstat(file, &status);
}

int FileSystem::status_of_path(const char* path, struct stat& status) {
  return ::stat(path, &status);
}

int FileSystem::file_system_status(int file, struct statfs& status) {
  return ::fstatfs(file, &status);
}

bool FileSystem::is_resident(void* address, std::size_t size) {
  // A body of a few hundred KiB in one call; larger ones in steps.
  constexpr std::size_t kPagesAtOnce = 256;
  static const auto kPage = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  auto place = reinterpret_cast<std::uintptr_t>(address);
  const std::uintptr_t end = place + size;
  place -= place % kPage;
  std::array<unsigned char, kPagesAtOnce> pages{};
  while (place < end) {
    const std::size_t length = std::min<std::size_t>(end - place, kPagesAtOnce * kPage);
    if (::mincore(reinterpret_cast<void*>(place), length, pages.data()) != 0) return false;
    const std::size_t count = (length + kPage - 1) / kPage;
    for (std::size_t i = 0; i < count; ++i) {
      if ((pages[i] & 1U) == 0) return false;
    }
    place += length;
  }
  return true;
}

}  // namespace refrain
