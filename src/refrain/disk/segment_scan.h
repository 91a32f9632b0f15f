#pragma once

/// @file
/// Walks the records of a segment by their headers alone.

#include "refrain/core/result.h"
#include "refrain/disk/disk_record.h"
#include "refrain/disk/segment_header.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace refrain {

/// Where a walk over a segment begins: at its first record, or behind those that are known.
struct ScanBegin {
  std::uint64_t offset = SegmentHeader::kSize;
  std::uint32_t records = 0;  ///< Before `offset`.
};

/// Where and why a walk over a segment ended.
struct ScanEnd {
  enum class Reason : std::uint8_t {
    kComplete,  ///< The last record ends where the file does.
    kTorn,      ///< The last record is not all there: its writer died.
    kDamaged,   ///< Bytes that no writer wrote, or that cannot be read. Nothing behind them is
                ///< trusted.
  };

  Reason reason = Reason::kComplete;
  std::uint64_t offset = 0;   ///< Where the last good record ends.
  std::uint32_t records = 0;  ///< Good records before `offset`.
  std::string complaint;      ///< What is wrong there, if `reason` is `kDamaged`.
};

/// Fills the buffer from the given offset and returns how many bytes there were, fewer only at the
/// end.
using ReadAt = std::function<Result<std::size_t>(std::uint64_t offset, std::span<char> buffer)>;
/// Gets each good record's header and offset, in order.
using VisitRecord = std::function<void(const RecordHeader& header, std::uint64_t offset)>;

/// Visits the records of the segment `id` from `begin` on, a file of `file_size` bytes whose
/// segment header was good.
///
/// It stops at the first header that is not intact, does not fit into the file or has not the
/// sequence number of its place. It never searches on behind it: bodies are other people's bytes
/// and may contain anything, a forged record too.
ScanEnd scan_segment(std::uint64_t id,
                     std::uint64_t file_size,
                     const ScanBegin& begin,
                     const ReadAt& read_at,
                     const VisitRecord& visit);

}  // namespace refrain
