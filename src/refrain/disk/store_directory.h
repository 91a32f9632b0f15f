#pragma once

/// @file
/// The directory of a store: the only place that knows its files by name.

#include "refrain/core/result.h"
#include "refrain/disk/file_descriptor.h"
#include "refrain/disk/file_system.h"
#include "refrain/disk/store_meta.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace refrain {

/// Whether a store may be changed.
enum class OpenMode : std::uint8_t {
  kOwner,     ///< Reads and writes; at most one process at a time.
  kReadOnly,  ///< Changes nothing and needs no lock; sees the store as it was when it was opened.
};

/// An open directory. Every file is reached relative to it, never through a symbolic link, and only
/// if it is a regular file, so a directory that is renamed or swapped cannot lead a store
/// elsewhere.
///
/// Thread safety: as the file system's.
class StoreDirectory {
public:
  static constexpr const char* kLockName = "LOCK";
  static constexpr const char* kMetaName = "META";
  static constexpr const char* kMetaDraftName = "META.tmp";
  /// Where an unreadable META is put aside.
  static constexpr const char* kMetaDamagedName = "META.damaged";
  static constexpr const char* kIndexName = "INDEX";
  static constexpr const char* kIndexDraftName = "INDEX.tmp";

  /// Opens `path`; an owner makes it, and its parents, first (mode 0700). An owner is refused
  /// (`kUnprocessable`) where everybody may write, and on a network file system: its locks and its
  /// cached pages are not everybody's.
  static Result<StoreDirectory> open(
      const std::filesystem::path& path,
      OpenMode mode,
      std::shared_ptr<FileSystem> file_system = std::make_shared<FileSystem>());

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] const std::shared_ptr<FileSystem>& file_system() const { return file_system_; }
  /// In which the file system hands out room, in bytes.
  [[nodiscard]] Result<std::uint64_t> block_size() const;
  /// What this user may still write to the file system, in bytes.
  [[nodiscard]] Result<std::uint64_t> free_bytes() const;
  [[nodiscard]] Result<std::vector<std::string>> names() const;

  /// Opens a regular file with the `open(2)` flags, in mode 0600 if it is made. The error is
  /// `kUnavailable` if there is none of that name, `kUnprocessable` if it is not a regular file
  /// that this user may open.
  [[nodiscard]] Result<FileDescriptor> open_file(const std::string& name, int flags) const;
  /// A name that is not there any more is no failure.
  [[nodiscard]] Result<void> remove(const std::string& name) const;
  /// Returns when the names of the directory have reached the medium.
  [[nodiscard]] Result<void> sync() const;

  /// A file of its own under `draft`, in place of what a crash may have left there.
  [[nodiscard]] Result<FileDescriptor> begin_draft(const char* draft) const;
  /// Appends to a draft that has `size` bytes, and adds to `size`.
  [[nodiscard]] Result<void> extend_draft(const FileDescriptor& file,
                                          std::uint64_t& size,
                                          std::span<const char> bytes) const;
  /// Puts a finished draft in the place of `name` as a whole.
  [[nodiscard]] Result<void> replace_by_draft(const char* draft, const char* name) const;

  /// Nothing if there is no META.
  [[nodiscard]] Result<std::optional<StoreMeta>> read_meta() const;
  /// Replaces META as a whole, durably.
  [[nodiscard]] Result<void> write_meta(const StoreMeta& meta) const;
  /// Moves an unreadable META out of the way instead of overwriting what may be somebody's file.
  [[nodiscard]] Result<void> set_meta_aside() const;

  /// Whether the path still leads to this directory.
  [[nodiscard]] bool is_in_place() const;

private:
  StoreDirectory(std::filesystem::path path,
                 FileDescriptor directory,
                 std::shared_ptr<FileSystem> file_system)
      : path_(std::move(path)),
        directory_(std::move(directory)),
        file_system_(std::move(file_system)) {}

  std::filesystem::path path_;
  FileDescriptor directory_;
  std::shared_ptr<FileSystem> file_system_;
};

}  // namespace refrain
