#pragma once

/// @file
/// A disk that fails, hangs, fills up or loses its power when a test says so.

#include "refrain/disk/file_system.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace refrain::testing {

/// Kinds of system calls; they can be added up.
enum class Calls : unsigned {
  kNone = 0,
  kMakeDirectory = 1U << 0U,
  kOpenDirectory = 1U << 1U,
  kOpen = 1U << 2U,
  kUnlink = 1U << 3U,
  kRename = 1U << 4U,
  kList = 1U << 5U,
  kRead = 1U << 6U,     ///< That may wait.
  kReadNow = 1U << 7U,  ///< That must not.
  kWrite = 1U << 8U,
  kTruncate = 1U << 9U,
  kSync = 1U << 10U,
  kStatus = 1U << 11U,
  kAll = (1U << 12U) - 1U,
};

constexpr Calls operator|(Calls a, Calls b) {
  return static_cast<Calls>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr bool contains(Calls set, Calls kind) {
  return (static_cast<unsigned>(set) & static_cast<unsigned>(kind)) != 0;
}

/// Everything that a read-only file system refuses.
constexpr Calls kChanges =
    Calls::kMakeDirectory | Calls::kUnlink | Calls::kRename | Calls::kWrite | Calls::kTruncate;

/// The real files behind a disk that obeys a test. Syncing does not wait for the medium: it notes
/// what would have reached it, for `lose_power`.
///
/// Thread safety: any.
class FaultyFileSystem : public FileSystem {
public:
  /// @param block_size In which it hands out room; 1, so that tests can count with lengths.
  explicit FaultyFileSystem(unsigned block_size = 1) : block_size_(block_size) {}

  /// @name Failing
  /// @{

  /// The call of these kinds that comes after `n` others fails, once.
  void fail_nth(std::int64_t n, int error, Calls kinds = Calls::kAll) {
    set_fault({n, error, kinds, true});
  }
  /// So does every one after that, until `heal`.
  void fail_from(std::int64_t n, int error, Calls kinds = Calls::kAll) {
    set_fault({n, error, kinds, false});
  }
  void fail(int error, Calls kinds = Calls::kAll) { fail_from(0, error, kinds); }
  void heal() {
    const std::lock_guard lock(mutex_);
    fault_.reset();
  }
  /// How many calls have failed because of the above, ever.
  [[nodiscard]] std::int64_t failures() const {
    const std::lock_guard lock(mutex_);
    return failures_;
  }

  /// No call writes more bytes than that.
  void write_at_most(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    write_at_most_ = bytes;
  }
  /// @}

  /// @name Hanging
  /// @{

  /// Calls of these kinds stand still from now on until `open_gate`.
  void close_gate(Calls kinds) {
    const std::lock_guard lock(mutex_);
    gate_ = kinds;
  }
  void open_gate() {
    const std::lock_guard lock(mutex_);
    gate_ = Calls::kNone;
    changed_.notify_all();
  }
  /// Returns when so many calls stand at the gate.
  void await_waiting(std::int64_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= count; });
  }
  /// @}

  /// @name What the file system says of itself
  /// @{

  void pretend_to_be_nfs() {
    const std::lock_guard lock(mutex_);
    is_nfs_ = true;
  }
  /// As many bytes are left for us; nothing: what is true.
  void set_free_bytes(std::optional<std::uint64_t> bytes) {
    const std::lock_guard lock(mutex_);
    free_bytes_ = bytes;
  }
  /// Whether everything has left the page cache, and leaves it again as soon as it is read.
  void set_cold(bool is_cold) {
    const std::lock_guard lock(mutex_);
    is_cold_ = is_cold;
  }
  /// @}

  /// Calls so far of these kinds, those included that failed.
  [[nodiscard]] std::int64_t count(Calls kinds) const {
    const std::lock_guard lock(mutex_);
    std::int64_t sum = 0;
    for (const auto& [kind, calls] : counts_)
      if (contains(kinds, kind)) sum += calls;
    return sum;
  }

  /// What becomes of bytes that were not synced.
  enum class Tail : std::uint8_t {
    kGone,    ///< The file ends where it was synced; a name that was not synced is gone.
    kHalf,    ///< Half of them made it.
    kZeroed,  ///< The length made it, the bytes did not.
  };

  /// Copies the files of a directory to another one as they would be found after a loss of power.
  void copy_after_power_loss(const std::filesystem::path& from,
                             const std::filesystem::path& to,
                             Tail tail) const {
    const std::lock_guard lock(mutex_);
    std::filesystem::remove_all(to);
    std::filesystem::create_directory(to);
    for (const auto& file : std::filesystem::directory_iterator(from)) {
      struct stat status{};
      if (!file.is_regular_file() || ::stat(file.path().c_str(), &status) != 0) continue;
      const std::optional<std::string> bytes =
          bytes_after_power_loss(file.path(), id_of(status), tail);
      if (bytes) std::ofstream(to / file.path().filename(), std::ios::binary) << *bytes;
    }
  }

  int make_directory(const char* path, mode_t mode) override {
    return passes(Calls::kMakeDirectory) ? FileSystem::make_directory(path, mode) : -1;
  }
  int open_directory(const char* path) override {
    return passes(Calls::kOpenDirectory) ? FileSystem::open_directory(path) : -1;
  }
  int open_at(int directory, const char* name, int flags, mode_t mode) override {
    if (!passes(Calls::kOpen)) return -1;
    const int file = FileSystem::open_at(directory, name, flags, mode);
    if (file >= 0 && (flags & O_EXCL) != 0) {
      struct stat status{};
      static_cast<void>(FileSystem::status(file, status));
      const std::lock_guard lock(mutex_);
      synced_[id_of(status)] = 0;
      unnamed_.insert(id_of(status));
    }
    return file;
  }
  int unlink_at(int directory, const char* name) override {
    return passes(Calls::kUnlink) ? FileSystem::unlink_at(directory, name) : -1;
  }
  int rename_at(int directory, const char* from, const char* to) override {
    return passes(Calls::kRename) ? FileSystem::rename_at(directory, from, to) : -1;
  }
  int list(int directory, std::vector<std::string>& names) override {
    return passes(Calls::kList) ? FileSystem::list(directory, names) : -1;
  }
  ssize_t read_at(int file, const iovec* buffers, int count, off_t offset, int flags) override {
    if (!passes(flags == 0 ? Calls::kRead : Calls::kReadNow)) return -1;
    if (flags != 0 && is_cold()) {
      errno = EAGAIN;
      return -1;
    }
    return FileSystem::read_at(file, buffers, count, offset, flags);
  }
  ssize_t write_at(int file, const iovec* buffers, int count, off_t offset) override {
    if (!passes(Calls::kWrite)) return -1;
    const std::size_t most = most_written();
    if (most == 0) return FileSystem::write_at(file, buffers, count, offset);
    iovec first = *buffers;
    for (int i = 1; first.iov_len == 0 && i < count; ++i)
      first = buffers[i];
    first.iov_len = std::min(first.iov_len, most);
    return FileSystem::write_at(file, &first, 1, offset);
  }
  int truncate(int file, off_t size) override {
    if (!passes(Calls::kTruncate)) return -1;
    struct stat status{};
    static_cast<void>(FileSystem::status(file, status));
    {
      const std::lock_guard lock(mutex_);
      const auto synced = synced_.find(id_of(status));
      if (synced != synced_.end()) synced->second = std::min(synced->second, size);
    }
    return FileSystem::truncate(file, size);
  }
  int sync_data(int file) override { return sync(file); }
  int sync(int file) override {
    if (!passes(Calls::kSync)) return -1;
    struct stat status{};
    static_cast<void>(FileSystem::status(file, status));
    const std::lock_guard lock(mutex_);
    if (S_ISDIR(status.st_mode)) {
      unnamed_.clear();
    } else {
      synced_[id_of(status)] = status.st_size;
    }
    return 0;
  }
  int status(int file, struct stat& status) override {
    return passes(Calls::kStatus) ? FileSystem::status(file, status) : -1;
  }
  int status_of_path(const char* path, struct stat& status) override {
    return passes(Calls::kStatus) ? FileSystem::status_of_path(path, status) : -1;
  }
  int file_system_status(int file, struct statfs& status) override {
    if (!passes(Calls::kStatus)) return -1;
    const int done = FileSystem::file_system_status(file, status);
    const std::lock_guard lock(mutex_);
    if (is_nfs_) status.f_type = 0x6969;
    const std::uint64_t real =
        static_cast<std::uint64_t>(status.f_bavail) * static_cast<std::uint64_t>(status.f_bsize);
    status.f_bsize = block_size_;
    status.f_bavail = free_bytes_.value_or(real) / block_size_;
    return done;
  }
  bool is_resident(void* address, std::size_t size) override {
    return !is_cold() && FileSystem::is_resident(address, size);
  }

private:
  using FileId = std::pair<dev_t, ino_t>;

  struct Fault {
    std::int64_t passing = 0;  // calls that still pass
    int error = 0;
    Calls kinds = Calls::kNone;
    bool is_single = false;
  };

  static FileId id_of(const struct stat& status) { return {status.st_dev, status.st_ino}; }

  void set_fault(const Fault& fault) {
    const std::lock_guard lock(mutex_);
    fault_ = fault;
  }

  /// Counts a call and holds it at the gate; false, with `errno`, if it is to fail.
  bool passes(Calls kind) {
    std::unique_lock lock(mutex_);
    ++counts_[kind];
    if (contains(gate_, kind)) {
      ++waiting_;
      changed_.notify_all();
      changed_.wait(lock, [&] { return !contains(gate_, kind); });
      --waiting_;
    }
    if (!fault_ || !contains(fault_->kinds, kind)) return true;
    if (fault_->passing > 0) {
      --fault_->passing;
      return true;
    }
    errno = fault_->error;
    ++failures_;
    if (fault_->is_single) fault_.reset();
    return false;
  }

  [[nodiscard]] bool is_cold() const {
    const std::lock_guard lock(mutex_);
    return is_cold_;
  }
  [[nodiscard]] std::size_t most_written() const {
    const std::lock_guard lock(mutex_);
    return write_at_most_;
  }

  [[nodiscard]] std::optional<std::string> bytes_after_power_loss(const std::filesystem::path& path,
                                                                  const FileId& id,
                                                                  Tail tail) const {
    std::ifstream file(path, std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(file), {});
    const auto synced = synced_.find(id);
    if (synced == synced_.end()) return bytes;
    if (tail == Tail::kGone && unnamed_.contains(id)) return std::nullopt;
    const std::size_t safe = std::min(static_cast<std::size_t>(synced->second), bytes.size());
    switch (tail) {
      case Tail::kGone:
        bytes.resize(safe);
        break;
      case Tail::kHalf:
        bytes.resize(safe + (bytes.size() - safe) / 2);
        break;
      case Tail::kZeroed:
        std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(safe), bytes.end(), '\0');
        break;
    }
    return bytes;
  }

  const unsigned block_size_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Fault> fault_;
  std::int64_t failures_ = 0;
  std::size_t write_at_most_ = 0;  // 0: as many as there are
  Calls gate_ = Calls::kNone;
  std::int64_t waiting_ = 0;
  bool is_nfs_ = false;
  bool is_cold_ = false;
  std::optional<std::uint64_t> free_bytes_;
  std::map<Calls, std::int64_t> counts_;
  std::map<FileId, off_t> synced_;  // of files that were made here: how much has reached the medium
  std::set<FileId> unnamed_;        // made since the directory was synced
};

}  // namespace refrain::testing
