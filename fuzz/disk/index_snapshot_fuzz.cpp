// The bytes of INDEX, as a disk may give them back: whatever they are, decoding ends, stays inside
// them and never yields a header or an entry that would be written differently.
#include "refrain/disk/checksum.h"
#include "refrain/disk/index_snapshot.h"
#include "refrain/disk/little_endian.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace refrain;  // NOLINT(google-build-using-namespace): a program of one file

constexpr std::size_t kHeaderChecksumAt = SnapshotHeader::kSize - sizeof(std::uint64_t);
constexpr std::size_t kChunkChecksumAt = 8;

void require(bool claim) {
  if (!claim) std::abort();
}

void check_header(std::span<const char> bytes) {
  const Result<SnapshotHeader> header = decode_snapshot_header(bytes);
  if (header) require(std::ranges::equal(encode(*header), bytes.first(SnapshotHeader::kSize)));
}

/// Walks the chunks as recovery does. Returns how many bytes were good.
std::size_t check_chunks(std::span<const char> bytes) {
  std::size_t good = 0;
  while (!bytes.empty()) {
    const Result<std::size_t> size = snapshot_chunk_size(bytes);
    if (!size || *size > bytes.size()) return good;
    const std::span<const char> chunk = bytes.first(*size);
    const Result<std::vector<IndexedEntry>> entries = decode_snapshot_chunk(chunk);
    if (!entries) return good;
    require(SnapshotChunk::size_of(entries->size()) == *size);
    require(std::ranges::equal(encode_snapshot_chunk(*entries), chunk));
    good += *size;
    bytes = bytes.subspan(*size);
  }
  return good;
}

/// Gives the header and the first chunk the checksums they would need, so that fuzzing gets behind
/// them.
std::vector<char> mended(std::span<const char> bytes) {
  constexpr std::string_view kMagic = "RFNINDEX";
  std::vector<char> result(bytes.begin(), bytes.end());
  std::ranges::copy(kMagic, result.begin());
  put_little_endian(std::span<char>(result), kMagic.size(), SnapshotHeader::kFormatVersion);
  put_little_endian(
      std::span<char>(result), kHeaderChecksumAt, checksum_before(result, kHeaderChecksumAt));
  const std::span<char> rest = std::span<char>(result).subspan(SnapshotHeader::kSize);
  const Result<std::size_t> size = snapshot_chunk_size(rest);
  if (!size || *size > rest.size()) return result;
  const auto entries = rest.first(*size).subspan(SnapshotChunk::kHeaderSize);
  put_little_endian(
      rest,
      kChunkChecksumAt,
      checksum_before(entries, entries.size()) + get_little_endian<std::uint32_t>(rest, 0));
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const char> bytes(reinterpret_cast<const char*>(data), size);
  check_header(bytes);
  check_chunks(bytes);
  if (size < SnapshotHeader::kSize) return 0;
  const std::vector<char> good = mended(bytes);
  require(decode_snapshot_header(good).has_value());
  check_header(good);
  check_chunks(std::span<const char>(good).subspan(SnapshotHeader::kSize));
  return 0;
}
