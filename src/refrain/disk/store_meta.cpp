#include "refrain/disk/store_meta.h"

#include "refrain/disk/checksum.h"
#include "refrain/disk/little_endian.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace refrain {
namespace {

constexpr std::string_view kMagic = "RFNSTORE";

constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kReservedAt = 12;
constexpr std::size_t kEpochAt = 16;
constexpr std::size_t kGenerationAt = 24;
constexpr std::size_t kErasuresAt = 32;
constexpr std::size_t kChecksumAt = 40;
static_assert(kChecksumAt + sizeof(std::uint64_t) == StoreMeta::kSize);

}  // namespace

std::array<char, StoreMeta::kSize> encode(const StoreMeta& meta) {
  std::array<char, StoreMeta::kSize> bytes{};
  std::ranges::copy(kMagic, bytes.begin());
  put_little_endian(bytes, kVersionAt, meta.version);
  put_little_endian(bytes, kEpochAt, meta.epoch);
  put_little_endian(bytes, kGenerationAt, meta.generation);
  put_little_endian(bytes, kErasuresAt, meta.erasures);
  put_little_endian(bytes, kChecksumAt, checksum_before(bytes, kChecksumAt));
  return bytes;
}

Result<StoreMeta> decode_store_meta(std::span<const char> bytes) {
  if (bytes.size() != StoreMeta::kSize || !std::ranges::equal(bytes.first(kMagic.size()), kMagic)) {
    return fail(ErrorCode::kCorrupt, "META is not a store's");
  }
  if (get_little_endian<std::uint64_t>(bytes, kChecksumAt) != checksum_before(bytes, kChecksumAt)) {
    return fail(ErrorCode::kCorrupt, "META does not match its checksum");
  }
  const auto version = get_little_endian<std::uint32_t>(bytes, kVersionAt);
  if (version > StoreMeta::kFormatVersion) {
    return fail(ErrorCode::kUnprocessable,
                "the store was written by a newer program (format version " +
                    std::to_string(version) + "; this one knows " +
                    std::to_string(StoreMeta::kFormatVersion) + ")");
  }
  if (get_little_endian<std::uint32_t>(bytes, kReservedAt) != 0) {
    return fail(ErrorCode::kCorrupt, "META has a value in a field that must be empty");
  }
  StoreMeta meta;
  meta.version = version;
  meta.epoch = get_little_endian<std::uint64_t>(bytes, kEpochAt);
  meta.generation = get_little_endian<std::uint64_t>(bytes, kGenerationAt);
  meta.erasures = get_little_endian<std::uint64_t>(bytes, kErasuresAt);
  return meta;
}

}  // namespace refrain
