#pragma once

/// @file
/// One segment file: read anywhere, written at its end.

#include "refrain/core/result.h"
#include "refrain/disk/file_descriptor.h"

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace refrain {

/// An open segment file.
///
/// Thread safety: `read` from any thread at any time, also while another appends or unlinks the
/// file; everything else by one thread at a time. Ownership: shared by the store and the readers of
/// the moment, so a file that was removed from its directory stays readable until the last of them
/// is done.
class SegmentFile {
public:
  SegmentFile(FileDescriptor file, std::uint64_t id, std::uint64_t size)
      : file_(std::move(file)),
        id_(id),
        size_(size) {}

  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// False after a failed append that could not be undone: its bytes lie at the end.
  [[nodiscard]] bool is_appendable() const { return is_appendable_; }

  /// Fills the buffers from `offset` on; returns the number of bytes, fewer than asked for only at
  /// the end.
  [[nodiscard]] Result<std::size_t> read(std::uint64_t offset,
                                         std::span<const iovec> buffers) const;

  /// Appends the buffers as one write. On failure the file is as before, or no longer appendable.
  Result<void> append(std::span<const iovec> buffers);

  /// Cuts the file.
  Result<void> truncate(std::uint64_t size);
  /// Returns when everything appended has reached the medium.
  Result<void> sync();
  /// Whether the file still has a name.
  [[nodiscard]] bool is_linked() const;

private:
  void undo_append();

  FileDescriptor file_;
  std::uint64_t id_;
  std::uint64_t size_;
  bool is_appendable_ = true;
};

}  // namespace refrain
