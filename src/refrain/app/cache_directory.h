#pragma once

/// @file
/// What a disk cache's directory says of itself without its segments being read.

#include "refrain/core/result.h"
#include "refrain/disk/index_snapshot.h"
#include "refrain/disk/store_directory.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>

namespace refrain::app {

/// The small files of a cache directory, as they are at the moment. Changes nothing, and works
/// beside an owner.
class CacheDirectory {
public:
  static Result<CacheDirectory> open(const std::filesystem::path& path);

  /// Nothing if there is no META that can be read.
  [[nodiscard]] std::optional<std::uint32_t> format_version() const;

  /// The header of the index that the last owner left; nothing if there is none that can be read.
  [[nodiscard]] std::optional<SnapshotHeader> snapshot() const;

  /// The process that owns the directory: its id, or 0 if it did not write one. Nothing if there is
  /// none.
  [[nodiscard]] std::optional<std::int64_t> owner() const;

  /// What this user may still write to the file system.
  [[nodiscard]] std::optional<std::uint64_t> free_bytes() const;

private:
  explicit CacheDirectory(StoreDirectory directory) : directory_(std::move(directory)) {}

  StoreDirectory directory_;
};

}  // namespace refrain::app
