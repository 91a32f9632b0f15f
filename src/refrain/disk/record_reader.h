#pragma once

/// @file
/// One record of a segment, read and checked.

#include "refrain/cache/cache_key.h"
#include "refrain/cache/entry.h"
#include "refrain/core/error.h"
#include "refrain/disk/corruption.h"
#include "refrain/disk/disk_index.h"
#include "refrain/disk/disk_record.h"
#include "refrain/disk/segment_file.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace refrain {

/// What became of reading a record.
class RecordRead {
public:
  enum class Outcome : std::uint8_t {
    kFound,
    kOtherKey,  ///< A good record of another key with the same fingerprint.
    kDamaged,   ///< Not what was once written: `kind` and `reason` say how.
    kFailed,    ///< The operating system refused: `reason` says why.
    kMustWait,  ///< It is not in the page cache.
  };

  static RecordRead found(const RecordHeader& header, Entry entry) {
    RecordRead read(Outcome::kFound);
    read.header = header;
    read.entry = std::move(entry);
    return read;
  }
  /// A damaged payload behind a good header.
  static RecordRead damaged_payload(const RecordHeader& header, std::string reason) {
    RecordRead read = damaged(Corruption::Kind::kPayload, std::move(reason));
    read.header = header;
    return read;
  }
  static RecordRead damaged(Corruption::Kind kind, std::string reason) {
    RecordRead read(Outcome::kDamaged);
    read.kind = kind;
    read.reason = std::move(reason);
    return read;
  }
  static RecordRead failed(const Error& error) {
    RecordRead read(Outcome::kFailed);
    read.reason = error.message();
    return read;
  }
  static RecordRead other_key() { return RecordRead(Outcome::kOtherKey); }
  static RecordRead must_wait() { return RecordRead(Outcome::kMustWait); }

  Outcome outcome;
  RecordHeader header;         ///< If found, or if only the payload is damaged.
  std::optional<Entry> entry;  ///< If found.
  Corruption::Kind kind = Corruption::Kind::kRecord;
  std::string reason;

private:
  explicit RecordRead(Outcome is) : outcome(is) {}
};

/// Reads the record at a place and trusts nothing of it: its header and payload must have their
/// checksums, its sequence number and sizes must be those of the place, its key the expected one.
///
/// Thread safety: none; made for one look. Ownership: shares the file with the store.
class RecordReader {
public:
  RecordReader(std::shared_ptr<SegmentFile> file, const RecordLocation& location)
      : file_(std::move(file)),
        location_(location) {}

  /// The entry, its bytes in memory. Waits for the medium.
  [[nodiscard]] RecordRead read(std::uint64_t fingerprint, const CacheKey* key) const;

  /// The same without waiting.
  [[nodiscard]] RecordRead read_now(const CacheKey& key) const;

  /// What is known of a body's pages.
  enum class Residency : std::uint8_t {
    kUnknown,  ///< It is asked for.
    kRecent,   ///< They were in the page cache a moment ago.
  };

  /// The entry with its body left in the file, without waiting. The payload's checksum is not
  /// computed. `kMustWait` if sending the body would wait.
  /// @pre the payload was read and found good before.
  [[nodiscard]] RecordRead refer_now(const CacheKey& key, Residency residency) const;

  /// Header and content type, with a body of no bytes: to list entries. Waits for the medium.
  [[nodiscard]] RecordRead describe(std::uint64_t fingerprint) const;

private:
  /// Checks the header's bytes against the place; nothing if they are as they should be.
  [[nodiscard]] std::optional<RecordRead> refuse(const Result<RecordHeader>& header,
                                                 std::uint64_t fingerprint,
                                                 const CacheKey* key) const;

  const std::shared_ptr<SegmentFile> file_;
  const RecordLocation location_;
};

}  // namespace refrain
