#include "refrain/disk/store_directory.h"

#include "refrain/disk/os_error.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

namespace refrain {
namespace {

constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kFileMode = 0600;

Result<void> make_directory(const std::filesystem::path& path) {
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  if (error) return fail(os_error("make the parents of " + path.string(), error.value()));
  if (::mkdir(path.c_str(), kDirectoryMode) != 0 && errno != EEXIST) {
    return fail(os_error("make the directory " + path.string(), errno));
  }
  return {};
}

Result<void> write_all(int file, std::span<const char> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(os_error("write META", errno));
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

}  // namespace

Result<StoreDirectory> StoreDirectory::open(const std::filesystem::path& path, OpenMode mode) {
  // A trailing slash would hide the last name from `parent_path`.
  const std::filesystem::path plain = path.has_filename() ? path : path.parent_path();
  if (mode == OpenMode::kOwner) {
    Result<void> made = make_directory(plain);
    if (!made) return fail(std::move(made.error()));
  }
  FileDescriptor directory(::open(plain.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open()) return fail(os_error("open the directory " + path.string(), errno));
  return StoreDirectory(plain, std::move(directory));
}

Result<std::vector<std::string>> StoreDirectory::names() const {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(path_, error);
  while (!error && entry != std::filesystem::directory_iterator()) {
    names.push_back(entry->path().filename().string());
    entry.increment(error);
  }
  if (error) return fail(os_error("list the directory " + path_.string(), error.value()));
  return names;
}

Result<FileDescriptor> StoreDirectory::open_file(const std::string& name, int flags) const {
  // Without O_NONBLOCK a FIFO of that name would stop us here.
  const int all_flags = flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
  FileDescriptor file(::openat(directory_.value(), name.c_str(), all_flags, kFileMode));
  const std::string action = "open " + name;
  if (!file.is_open() && errno == ENOENT) {
    return fail(ErrorCode::kUnavailable, "there is no file " + name);
  }
  constexpr std::array kNotOurs{ELOOP, EISDIR, ENXIO, EACCES, EPERM};
  if (!file.is_open() && std::ranges::find(kNotOurs, errno) != kNotOurs.end()) {
    return fail(ErrorCode::kUnprocessable, name + " is not a regular file of this user");
  }
  if (!file.is_open()) return fail(os_error(action, errno));
  struct stat status{};
  if (::fstat(file.value(), &status) != 0) return fail(os_error(action, errno));
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::kUnprocessable, name + " is not a regular file");
  }
  return file;
}

Result<void> StoreDirectory::remove(const std::string& name) const {
  if (::unlinkat(directory_.value(), name.c_str(), 0) != 0 && errno != ENOENT) {
    return fail(os_error("remove " + name, errno));
  }
  return {};
}

Result<void> StoreDirectory::sync() const {
  if (::fsync(directory_.value()) != 0) {
    return fail(os_error("sync the directory " + path_.string(), errno));
  }
  return {};
}

Result<std::optional<StoreMeta>> StoreDirectory::read_meta() const {
  Result<FileDescriptor> file = open_file(kMetaName, O_RDONLY);
  if (!file && file.error().code() == ErrorCode::kUnavailable) return std::optional<StoreMeta>();
  if (!file) return fail(std::move(file.error()));
  // One byte more than a META has, so that a longer file shows.
  std::array<char, StoreMeta::kSize + 1> bytes{};
  const ssize_t count = ::pread(file->value(), bytes.data(), bytes.size(), 0);
  if (count < 0) return fail(os_error("read META", errno));
  Result<StoreMeta> meta =
      decode_store_meta(std::span<const char>(bytes).first(static_cast<std::size_t>(count)));
  if (!meta) return fail(std::move(meta.error()));
  return std::optional<StoreMeta>(*meta);
}

Result<void> StoreDirectory::write_meta(const StoreMeta& meta) const {
  // What a crash may have left of the last draft is replaced, never followed or added to.
  Result<void> done = remove(kMetaDraftName);
  if (!done) return done;
  const Result<FileDescriptor> draft = open_file(kMetaDraftName, O_WRONLY | O_CREAT | O_EXCL);
  if (!draft) return fail(draft.error());
  done = write_all(draft->value(), encode(meta));
  if (!done) return done;
  if (::fsync(draft->value()) != 0) return fail(os_error("sync META", errno));
  if (::renameat(directory_.value(), kMetaDraftName, directory_.value(), kMetaName) != 0) {
    return fail(os_error("replace META", errno));
  }
  return sync();
}

Result<void> StoreDirectory::set_meta_aside() const {
  if (::renameat(directory_.value(), kMetaName, directory_.value(), kMetaDamagedName) != 0) {
    return fail(os_error("set META aside", errno));
  }
  return {};
}

bool StoreDirectory::is_in_place() const {
  struct stat here{};
  struct stat there{};
  return ::fstat(directory_.value(), &here) == 0 && ::stat(path_.c_str(), &there) == 0 &&
         here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

}  // namespace refrain
