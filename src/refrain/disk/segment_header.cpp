#include "refrain/disk/segment_header.h"

#include "refrain/core/hex.h"
#include "refrain/disk/checksum.h"
#include "refrain/disk/little_endian.h"

#include <algorithm>

namespace refrain {
namespace {

constexpr std::string_view kMagic = "RFNSEGMT";
constexpr std::string_view kSuffix = ".seg";
constexpr std::size_t kIdDigits = 16;

constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kReservedAt = 12;
constexpr std::size_t kIdAt = 16;
constexpr std::size_t kGenerationAt = 24;
constexpr std::size_t kEpochAt = 32;
constexpr std::size_t kChecksumAt = 40;
static_assert(kChecksumAt + sizeof(std::uint64_t) == SegmentHeader::kSize);

}  // namespace

std::array<char, SegmentHeader::kSize> encode(const SegmentHeader& header) {
  std::array<char, SegmentHeader::kSize> bytes{};
  std::ranges::copy(kMagic, bytes.begin());
  put_little_endian(bytes, kVersionAt, header.version);
  put_little_endian(bytes, kIdAt, header.id);
  put_little_endian(bytes, kGenerationAt, header.generation);
  put_little_endian(bytes, kEpochAt, header.epoch);
  put_little_endian(bytes, kChecksumAt, checksum_before(bytes, kChecksumAt));
  return bytes;
}

bool begins_like_a_segment(std::span<const char> bytes) {
  return bytes.size() >= kMagic.size() && std::ranges::equal(bytes.first(kMagic.size()), kMagic);
}

Result<SegmentHeader> decode_segment_header(std::span<const char> bytes) {
  if (bytes.size() < SegmentHeader::kSize || !begins_like_a_segment(bytes)) {
    return fail(ErrorCode::kCorrupt, "the file does not begin with a segment header");
  }
  if (get_little_endian<std::uint64_t>(bytes, kChecksumAt) != checksum_before(bytes, kChecksumAt)) {
    return fail(ErrorCode::kCorrupt, "the segment header does not match its checksum");
  }
  const auto version = get_little_endian<std::uint32_t>(bytes, kVersionAt);
  if (version > SegmentHeader::kFormatVersion) {
    return fail(
        ErrorCode::kUnprocessable,
        "the segment was written by a newer program, in format version " + std::to_string(version));
  }
  SegmentHeader header;
  header.version = version;
  header.id = get_little_endian<std::uint64_t>(bytes, kIdAt);
  header.generation = get_little_endian<std::uint64_t>(bytes, kGenerationAt);
  header.epoch = get_little_endian<std::uint64_t>(bytes, kEpochAt);
  if (get_little_endian<std::uint32_t>(bytes, kReservedAt) != 0 ||
      header.id > SegmentHeader::kMaxId) {
    return fail(ErrorCode::kCorrupt, "the segment header has a value out of range");
  }
  return header;
}

std::string segment_file_name(std::uint64_t id) {
  return to_hex(id) + std::string(kSuffix);
}

std::optional<std::uint64_t> segment_id_of(std::string_view name) {
  if (name.size() != kIdDigits + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
  std::array<std::uint8_t, sizeof(std::uint64_t)> bytes{};
  if (!from_hex(name.substr(0, kIdDigits), bytes)) return std::nullopt;
  std::uint64_t id = 0;
  for (const std::uint8_t byte : bytes)
    id = (id << 8U) | byte;
  // Upper-case digits would be another file of the same id.
  if (id > SegmentHeader::kMaxId || segment_file_name(id) != name) return std::nullopt;
  return id;
}

}  // namespace refrain
