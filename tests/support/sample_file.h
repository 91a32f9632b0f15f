#pragma once

/// @file
/// An open file for tests.

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace refrain::testing {

/// A file in memory that has no name and ends with its object.
class SampleFile {
public:
  explicit SampleFile(std::string_view content)
      : descriptor_(::memfd_create("refrain-test", MFD_CLOEXEC)) {
    if (descriptor_ < 0) throw std::runtime_error("cannot make a file in memory");
    while (!content.empty()) {
      const ssize_t written = ::write(descriptor_, content.data(), content.size());
      if (written <= 0) throw std::runtime_error("cannot write a file in memory");
      content.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  SampleFile(const SampleFile&) = delete;
  SampleFile& operator=(const SampleFile&) = delete;
  ~SampleFile() { ::close(descriptor_); }

  [[nodiscard]] int descriptor() const { return descriptor_; }

  /// Cuts the file off, as somebody else might who meddles with a cache's directory.
  void truncate(std::size_t size) const {
    if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0)
      throw std::runtime_error("cannot truncate a file in memory");
  }

  /// What the file has there.
  [[nodiscard]] std::string read(std::size_t offset, std::size_t size) const {
    std::string bytes(size, '\0');
    const ssize_t got = ::pread(descriptor_, bytes.data(), size, static_cast<off_t>(offset));
    bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return bytes;
  }

private:
  const int descriptor_;
};

}  // namespace refrain::testing
