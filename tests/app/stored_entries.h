#pragma once

/// @file
/// A disk cache in a folder of its own, for what looks into one.

#include "refrain/core/clock.h"
#include "refrain/core/log.h"
#include "refrain/disk/segment_store.h"

#include "support/temp_dir.h"

#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace refrain::testing {

/// A key whose digest begins with these bytes; the rest is zero.
inline CacheKey key_beginning_with(std::initializer_list<std::uint8_t> bytes) {
  std::array<std::uint8_t, CacheKey::kSize> digest{};
  std::copy(bytes.begin(), bytes.end(), digest.begin());
  return CacheKey(digest);
}

/// Opens the store in `directory`, as its owner unless told otherwise.
inline std::unique_ptr<SegmentStore> open_store(const std::filesystem::path& directory,
                                                const Clock& clock,
                                                OpenMode mode = OpenMode::kOwner) {
  static NullLog log;
  SegmentStore::Options options;
  options.directory = directory;
  options.mode = mode;
  Result<std::unique_ptr<SegmentStore>> store = SegmentStore::open(options, clock, log);
  if (!store) throw std::runtime_error(store.error().message());
  return std::move(*store);
}

}  // namespace refrain::testing
