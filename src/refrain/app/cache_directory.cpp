#include "refrain/app/cache_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <span>
#include <string>

namespace refrain::app {
namespace {

/// As many bytes from the beginning of a file as there are and fit.
std::span<const char> read_front(const FileDescriptor& file, std::span<char> buffer) {
  const ssize_t count = ::pread(file.value(), buffer.data(), buffer.size(), 0);
  return buffer.first(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
}

}  // namespace

Result<CacheDirectory> CacheDirectory::open(const std::filesystem::path& path) {
  Result<StoreDirectory> directory = StoreDirectory::open(path, OpenMode::kReadOnly);
  if (!directory) return fail(std::move(directory.error()));
  return CacheDirectory(std::move(*directory));
}

std::optional<std::uint32_t> CacheDirectory::format_version() const {
  const Result<std::optional<StoreMeta>> meta = directory_.read_meta();
  if (!meta || !*meta) return std::nullopt;
  return (*meta)->version;
}

std::optional<SnapshotHeader> CacheDirectory::snapshot() const {
  const Result<FileDescriptor> file = directory_.open_file(StoreDirectory::kIndexName, O_RDONLY);
  if (!file) return std::nullopt;
  std::array<char, SnapshotHeader::kSize> bytes{};
  const Result<SnapshotHeader> header = decode_snapshot_header(read_front(*file, bytes));
  if (!header) return std::nullopt;
  return *header;
}

std::optional<std::int64_t> CacheDirectory::owner() const {
  const Result<FileDescriptor> file = directory_.open_file(StoreDirectory::kLockName, O_RDONLY);
  if (!file) return std::nullopt;
  // Given back at once: an owner that begins in this very instant tries again.
  const bool is_owned = ::flock(file->value(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  if (!is_owned) return std::nullopt;
  std::array<char, 20> bytes{};
  const std::span<const char> text = read_front(*file, bytes);
  std::int64_t process = 0;
  std::from_chars(text.data(), text.data() + text.size(), process);
  return process;
}

std::optional<std::uint64_t> CacheDirectory::free_bytes() const {
  const Result<std::uint64_t> free = directory_.free_bytes();
  if (!free) return std::nullopt;
  return *free;
}

}  // namespace refrain::app
