#pragma once

/// @file
/// An open file that is closed with its scope.

#include <unistd.h>

#include <utility>

namespace refrain {

/// Owns a POSIX file descriptor. Movable; empty (`-1`) when default-made or moved from.
class FileDescriptor {
public:
  FileDescriptor() = default;
  explicit FileDescriptor(int value) : value_(value) {}
  FileDescriptor(FileDescriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (value_ >= 0) ::close(value_);
  }

  [[nodiscard]] int value() const { return value_; }
  [[nodiscard]] bool is_open() const { return value_ >= 0; }

private:
  int value_ = -1;
};

}  // namespace refrain
