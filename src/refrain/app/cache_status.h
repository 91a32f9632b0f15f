#pragma once

/// @file
/// `refrain cache status`.

#include "refrain/core/clock.h"
#include "refrain/disk/segment_store.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace refrain::app {

/// What is known of a disk cache without reading its bodies.
struct CacheStatus {
  struct Snapshot {
    WallTime written;
    std::uint64_t entries = 0;
  };

  std::filesystem::path directory;
  std::optional<std::uint32_t> format_version;
  std::optional<std::int64_t> owner;  ///< The owner's process; 0 if it is unknown.
  std::optional<std::uint64_t> free_bytes;
  std::optional<Snapshot> snapshot;
  std::uint64_t epoch = 0;
  SegmentStore::Stats store;
};

/// Lines of a label and a value.
std::vector<std::string> to_lines(const CacheStatus& status);
std::string to_json(const CacheStatus& status);

}  // namespace refrain::app
