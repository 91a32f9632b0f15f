#pragma once

/// @file
/// The room on the file system that a store's files take.

#include <atomic>
#include <cstdint>

namespace refrain {

/// Counts whole blocks, as the file system hands them out. A segment counts from its first byte
/// until the last reader has closed it: a file that was removed from its directory keeps its blocks
/// as long as it is open.
///
/// Thread safety: any. Ownership: shared by the store and its files, which may outlive it.
class DiskUsage {
public:
  /// @pre `block_size > 0`
  explicit DiskUsage(std::uint64_t block_size) : block_size_(block_size) {}

  [[nodiscard]] std::uint64_t block_size() const { return block_size_; }

  /// What a file of `size` bytes takes.
  [[nodiscard]] std::uint64_t taken_by(std::uint64_t size) const {
    return (size + block_size_ - 1) / block_size_ * block_size_;
  }

  /// A file has changed its size. Both sizes are 0 for a file that is not there.
  void resize(std::uint64_t from, std::uint64_t to) {
    bytes_.fetch_add(taken_by(to) - taken_by(from), std::memory_order_relaxed);
  }

  [[nodiscard]] std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

private:
  const std::uint64_t block_size_;
  std::atomic<std::uint64_t> bytes_{0};
};

}  // namespace refrain
