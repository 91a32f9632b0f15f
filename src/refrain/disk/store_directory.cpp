#include "refrain/disk/store_directory.h"

#include "refrain/disk/os_error.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

namespace refrain {
namespace {

constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kFileMode = 0600;

Result<void> make_directory(const std::filesystem::path& path, FileSystem& file_system) {
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  if (error) return fail(os_error("make the parents of " + path.string(), error.value()));
  if (file_system.make_directory(path.c_str(), kDirectoryMode) != 0 && errno != EEXIST) {
    return fail(os_error("make the directory " + path.string(), errno));
  }
  return {};
}

/// The name of a file system that several machines share, or nothing. Numbers: statfs(2).
std::string_view network_file_system(const struct statfs& status) {
  switch (static_cast<std::uint32_t>(status.f_type)) {
    case 0x6969:
      return "NFS";
    case 0xFF534D42:
    case 0xFE534D42:
    case 0x517B:
      return "SMB";
    case 0x00C36400:
      return "Ceph";
    case 0x5346414F:
      return "AFS";
    default:
      return {};
  }
}

}  // namespace

Result<StoreDirectory> StoreDirectory::open(const std::filesystem::path& path,
                                            OpenMode mode,
                                            std::shared_ptr<FileSystem> file_system) {
  // A trailing slash would hide the last name from `parent_path`.
  const std::filesystem::path plain = path.has_filename() ? path : path.parent_path();
  if (mode == OpenMode::kOwner) {
    Result<void> made = make_directory(plain, *file_system);
    if (!made) return fail(std::move(made.error()));
  }
  FileDescriptor directory(file_system->open_directory(plain.c_str()));
  if (!directory.is_open()) return fail(os_error("open the directory " + path.string(), errno));
  struct stat rights{};
  if (file_system->status(directory.value(), rights) != 0)
    return fail(os_error("look at the directory " + path.string(), errno));
  if (mode == OpenMode::kOwner && (rights.st_mode & S_IWOTH) != 0) {
    return fail(ErrorCode::kUnprocessable,
                "the cache directory " + path.string() +
                    " can be written by everybody; choose one of its own, or take the right away");
  }
  struct statfs status{};
  if (file_system->file_system_status(directory.value(), status) != 0)
    return fail(os_error("look at the file system of " + path.string(), errno));
  const std::string_view network = network_file_system(status);
  if (mode == OpenMode::kOwner && !network.empty()) {
    return fail(ErrorCode::kUnprocessable,
                "the cache directory " + path.string() + " lies on " + std::string(network) +
                    ", where a lock does not keep other machines out; choose a local disk");
  }
  return StoreDirectory(plain, std::move(directory), std::move(file_system));
}

Result<std::uint64_t> StoreDirectory::block_size() const {
  struct statfs status{};
  if (file_system_->file_system_status(directory_.value(), status) != 0)
    return fail(os_error("look at the file system of " + path_.string(), errno));
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(status.f_bsize));
}

Result<std::uint64_t> StoreDirectory::free_bytes() const {
  struct statfs status{};
  if (file_system_->file_system_status(directory_.value(), status) != 0)
    return fail(os_error("look at the file system of " + path_.string(), errno));
  return static_cast<std::uint64_t>(status.f_bavail) * static_cast<std::uint64_t>(status.f_bsize);
}

Result<std::vector<std::string>> StoreDirectory::names() const {
  std::vector<std::string> names;
  if (file_system_->list(directory_.value(), names) != 0)
    return fail(os_error("list the directory " + path_.string(), errno));
  return names;
}

Result<FileDescriptor> StoreDirectory::open_file(const std::string& name, int flags) const {
  // Without O_NONBLOCK a FIFO of that name would stop us here.
  const int all_flags = flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
  FileDescriptor file(
      file_system_->open_at(directory_.value(), name.c_str(), all_flags, kFileMode));
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
  if (file_system_->status(file.value(), status) != 0) return fail(os_error(action, errno));
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::kUnprocessable, name + " is not a regular file");
  }
  return file;
}

Result<void> StoreDirectory::remove(const std::string& name) const {
  if (file_system_->unlink_at(directory_.value(), name.c_str()) != 0 && errno != ENOENT) {
    return fail(os_error("remove " + name, errno));
  }
  return {};
}

Result<void> StoreDirectory::sync() const {
  if (file_system_->sync(directory_.value()) != 0) {
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
  const iovec buffer{bytes.data(), bytes.size()};
  const ssize_t count = file_system_->read_at(file->value(), &buffer, 1, 0, 0);
  if (count < 0) return fail(os_error("read META", errno));
  Result<StoreMeta> meta =
      decode_store_meta(std::span<const char>(bytes).first(static_cast<std::size_t>(count)));
  if (!meta) return fail(std::move(meta.error()));
  return std::optional<StoreMeta>(*meta);
}

Result<FileDescriptor> StoreDirectory::begin_draft(const char* draft) const {
  // What a crash may have left of the last draft is replaced, never followed or added to.
  Result<void> done = remove(draft);
  if (!done) return fail(std::move(done.error()));
  return open_file(draft, O_WRONLY | O_CREAT | O_EXCL);
}

Result<void> StoreDirectory::extend_draft(const FileDescriptor& file,
                                          std::uint64_t& size,
                                          std::span<const char> bytes) const {
  while (!bytes.empty()) {
    // iovec serves reading and writing alike and so has no const; writing does not change bytes.
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
    const iovec buffer{const_cast<char*>(bytes.data()), bytes.size()};
    const ssize_t count =
        file_system_->write_at(file.value(), &buffer, 1, static_cast<off_t>(size));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return fail(os_error("write a draft", count == 0 ? ENOSPC : errno));
    size += static_cast<std::uint64_t>(count);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Result<void> StoreDirectory::replace_by_draft(const char* draft, const char* name) const {
  if (file_system_->rename_at(directory_.value(), draft, name) != 0)
    return fail(os_error(std::string("replace ") + name, errno));
  return {};
}

Result<void> StoreDirectory::write_meta(const StoreMeta& meta) const {
  const Result<FileDescriptor> draft = begin_draft(kMetaDraftName);
  if (!draft) return fail(draft.error());
  std::uint64_t size = 0;
  Result<void> done = extend_draft(*draft, size, encode(meta));
  if (!done) return done;
  if (file_system_->sync(draft->value()) != 0) return fail(os_error("sync META", errno));
  done = replace_by_draft(kMetaDraftName, kMetaName);
  if (!done) return done;
  return sync();
}

Result<void> StoreDirectory::set_meta_aside() const {
  if (file_system_->rename_at(directory_.value(), kMetaName, kMetaDamagedName) != 0) {
    return fail(os_error("set META aside", errno));
  }
  return {};
}

bool StoreDirectory::is_in_place() const {
  struct stat here{};
  struct stat there{};
  return file_system_->status(directory_.value(), here) == 0 &&
         file_system_->status_of_path(path_.c_str(), there) == 0 && here.st_dev == there.st_dev &&
         here.st_ino == there.st_ino;
}

}  // namespace refrain
