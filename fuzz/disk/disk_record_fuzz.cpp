// The bytes of a segment file, as a disk may give them back: whatever they are, decoding ends,
// stays inside them and never yields a record that would be written differently.
#include "refrain/disk/checksum.h"
#include "refrain/disk/disk_record.h"
#include "refrain/disk/little_endian.h"
#include "refrain/disk/segment_header.h"
#include "refrain/disk/segment_scan.h"
#include "refrain/disk/store_meta.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

namespace {

using namespace refrain;  // NOLINT(google-build-using-namespace): a program of one file

void require(bool claim) {
  if (!claim) std::abort();
}

void check_headers(std::span<const char> bytes) {
  const Result<RecordHeader> record = decode_record_header(bytes);
  if (record) require(std::ranges::equal(encode(*record), bytes.first(RecordHeader::kSize)));
  const Result<SegmentHeader> segment = decode_segment_header(bytes);
  if (segment) require(std::ranges::equal(encode(*segment), bytes.first(SegmentHeader::kSize)));
  const Result<StoreMeta> meta = decode_store_meta(bytes);
  if (meta) require(std::ranges::equal(encode(*meta), bytes));
}

void read_payload(std::span<const char> bytes, const RecordHeader& header, std::uint64_t offset) {
  const auto payload = bytes.subspan(static_cast<std::size_t>(offset) + RecordHeader::kSize,
                                     static_cast<std::size_t>(header.payload_size()));
  Entry::Draft draft(header.content_type_size, header.body_size);
  std::ranges::copy(payload.first(header.content_type_size), draft.content_type().begin());
  std::ranges::copy(payload.subspan(header.content_type_size), draft.body().begin());
  const Result<Entry> entry = draft.seal(header.metadata, header.payload_checksum);
  if (entry) require(entry->body().size() == header.body_size);
}

void scan(std::span<const char> bytes) {
  const auto read_at = [&](std::uint64_t offset, std::span<char> buffer) -> Result<std::size_t> {
    const auto rest = bytes.subspan(std::min(static_cast<std::size_t>(offset), bytes.size()));
    const std::size_t count = std::min(rest.size(), buffer.size());
    std::ranges::copy(rest.first(count), buffer.begin());
    return count;
  };
  std::uint64_t expected_offset = SegmentHeader::kSize;
  const auto visit = [&](const RecordHeader& header, std::uint64_t offset) {
    require(offset == expected_offset && offset + header.record_size() <= bytes.size());
    expected_offset = offset + header.record_size();
    read_payload(bytes, header, offset);
  };
  const ScanEnd end = scan_segment(1, bytes.size(), ScanBegin(), read_at, visit);
  require(end.offset == expected_offset);
  require((end.reason == ScanEnd::Reason::kComplete) == (end.offset >= bytes.size()));
}

/// Gives the first record the checksum and the place it would need, so that fuzzing gets behind
/// them.
std::vector<char> with_first_record_mended(std::span<const char> bytes) {
  constexpr std::size_t kMagicAt = SegmentHeader::kSize;
  constexpr std::size_t kSequenceAt = SegmentHeader::kSize + 16;
  constexpr std::size_t kChecksumAt = SegmentHeader::kSize + RecordHeader::kSize - 8;
  std::vector<char> mended(bytes.begin(), bytes.end());
  put_little_endian<std::uint32_t>(mended, kMagicAt, 0x524E4652);
  put_little_endian(mended, kSequenceAt, record_sequence(1, 0));
  put_little_endian(
      mended,
      kChecksumAt,
      checksum_before(std::span<const char>(mended).subspan(kMagicAt), kChecksumAt - kMagicAt));
  return mended;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const char> bytes(reinterpret_cast<const char*>(data), size);
  check_headers(bytes);
  scan(bytes);
  if (size < SegmentHeader::kSize + RecordHeader::kSize) return 0;
  const std::vector<char> mended = with_first_record_mended(bytes);
  check_headers(std::span<const char>(mended).subspan(SegmentHeader::kSize));
  scan(mended);
  return 0;
}
