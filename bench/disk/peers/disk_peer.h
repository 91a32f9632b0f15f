#pragma once

/// @file
/// What is measured beside the disk cache, behind one interface.

#include "refrain/cache/cache_key.h"

#include <cerrno>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>

namespace refrain::bench {

/// Whether an insert returns only when it has reached the medium.
enum class Sync : std::uint8_t { kNever, kEachInsert };

/// What one thread looks up with: its buffers, transactions and statements.
class DiskReader {
public:
  DiskReader() = default;
  DiskReader(const DiskReader&) = delete;
  DiskReader& operator=(const DiskReader&) = delete;
  virtual ~DiskReader() = default;

  /// The whole body, in memory that the reader keeps until its next look-up; nothing for a miss.
  virtual std::optional<std::string_view> find(const CacheKey& key) = 0;
};

/// Objects kept in a directory. The constructor opens what is there, the destructor closes it.
///
/// Thread safety: one thread inserts while nobody reads; readers of several threads may read at
/// once. Failures are exceptions: there is nothing to measure then.
class DiskPeer {
public:
  DiskPeer() = default;
  DiskPeer(const DiskPeer&) = delete;
  DiskPeer& operator=(const DiskPeer&) = delete;
  virtual ~DiskPeer() = default;

  virtual void insert(const CacheKey& key, std::string_view body) = 0;
  /// The peer outlives the reader.
  virtual std::unique_ptr<DiskReader> reader() = 0;
};

/// Throws what the system said of `action` if it was not `done`.
inline void require(bool done, const char* action) {
  if (!done) throw std::system_error(errno, std::generic_category(), action);
}

}  // namespace refrain::bench
