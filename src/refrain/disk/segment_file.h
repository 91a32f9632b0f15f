#pragma once

/// @file
/// One segment file: read anywhere, written at its end.

#include "refrain/core/result.h"
#include "refrain/disk/disk_usage.h"
#include "refrain/disk/file_descriptor.h"
#include "refrain/disk/file_system.h"

#include <sys/uio.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace refrain {

/// An open segment file.
///
/// Thread safety: reading from any thread at any time, also while another appends or unlinks the
/// file; everything else by one thread at a time. Ownership: shared by the store and the readers of
/// the moment, so a file that was removed from its directory stays readable until the last of them
/// is done.
class SegmentFile {
public:
  /// What the segments of a store have in common.
  struct Surroundings {
    std::shared_ptr<FileSystem> file_system;
    std::shared_ptr<DiskUsage> usage;
    std::uint64_t capacity = 0;  ///< What a segment grows to, about: of so much residency is known.
  };

  /// @param size Of the file, in bytes.
  SegmentFile(FileDescriptor file,
              std::uint64_t id,
              std::uint64_t size,
              const Surroundings& surroundings);
  SegmentFile(const SegmentFile&) = delete;
  SegmentFile& operator=(const SegmentFile&) = delete;
  ~SegmentFile();

  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] std::uint64_t size() const { return size_.load(std::memory_order_relaxed); }
  [[nodiscard]] int descriptor() const { return file_.value(); }
  /// False after a failed append that could not be undone: its bytes lie at the end.
  [[nodiscard]] bool is_appendable() const { return is_appendable_; }

  /// Fills the buffers from `offset` on; returns the number of bytes, fewer than asked for only at
  /// the end.
  [[nodiscard]] Result<std::size_t> read(std::uint64_t offset,
                                         std::span<const iovec> buffers) const;

  /// The same, or nothing if it would have to wait for the medium.
  [[nodiscard]] Result<std::optional<std::size_t>> read_now(std::uint64_t offset,
                                                            std::span<const iovec> buffers) const;

  /// Whether these bytes lie in the page cache at this moment, so that sending them waits for no
  /// medium.
  [[nodiscard]] bool is_resident(std::uint64_t offset, std::uint64_t size) const;

  /// Appends the buffers as one write. On failure the file is as before, or no longer appendable;
  /// `kTooLarge` if there is no room.
  Result<void> append(std::span<const iovec> buffers);

  /// Cuts the file.
  Result<void> truncate(std::uint64_t size);
  /// Returns when everything appended has reached the medium.
  [[nodiscard]] Result<void> sync() const;
  /// Whether the file still has a name.
  [[nodiscard]] bool is_linked() const;

private:
  /// An address range for the file's pages. Never read through: only asked which are resident.
  class Pages {
  public:
    Pages(int file, std::uint64_t size);
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;
    ~Pages();

    /// Null if the range is not mapped.
    [[nodiscard]] void* at(std::uint64_t offset, std::uint64_t size) const;

  private:
    void* begin_ = nullptr;
    std::uint64_t size_ = 0;
  };

  void undo_append();
  void set_size(std::uint64_t size);

  const std::shared_ptr<FileSystem> file_system_;
  const std::shared_ptr<DiskUsage> usage_;
  const FileDescriptor file_;
  const std::uint64_t id_;
  const Pages pages_;
  std::atomic<std::uint64_t> size_;
  bool is_appendable_ = true;
};

}  // namespace refrain
