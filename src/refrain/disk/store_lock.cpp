#include "refrain/disk/store_lock.h"

#include "refrain/disk/os_error.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

namespace refrain {
namespace {

/// `process 123`, or what can be said if the file does not hold a number.
std::string owner_named_in(int file) {
  std::array<char, 21> bytes{};
  const ssize_t count = ::pread(file, bytes.data(), bytes.size(), 0);
  const auto end = bytes.begin() + std::max<ssize_t>(count, 0);
  const auto is_digit = [](char c) {
    return c >= '0' && c <= '9';
  };
  const std::string digits(bytes.begin(), std::find_if_not(bytes.begin(), end, is_digit));
  return digits.empty() ? "another process" : "process " + digits;
}

}  // namespace

Result<StoreLock> StoreLock::acquire(const StoreDirectory& directory) {
  Result<FileDescriptor> file = directory.open_file(StoreDirectory::kLockName, O_RDWR | O_CREAT);
  if (!file) return fail(std::move(file.error()));
  if (::flock(file->value(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail(os_error("lock " + directory.path().string(), errno));
    return fail(ErrorCode::kUnavailable,
                "the cache directory " + directory.path().string() + " is in use by " +
                    owner_named_in(file->value()));
  }
  const std::string line = std::to_string(::getpid()) + "\n";
  // The number is for people: on a full disk the lock holds without it.
  if (::ftruncate(file->value(), 0) == 0) {
    [[maybe_unused]] const ssize_t written = ::pwrite(file->value(), line.data(), line.size(), 0);
  }
  return StoreLock(std::move(*file));
}

bool StoreLock::is_linked() const {
  struct stat status{};
  return ::fstat(file_.value(), &status) == 0 && status.st_nlink > 0;
}

}  // namespace refrain
