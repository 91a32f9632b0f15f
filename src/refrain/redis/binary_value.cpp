#include "refrain/redis/binary_value.h"

#include <xxhash.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>

namespace refrain {

namespace {

constexpr std::size_t kVersionAt = 4;
constexpr std::size_t kFlagsAt = 5;
constexpr std::size_t kTypeSizeAt = 6;
constexpr std::size_t kReservedAt = 7;
constexpr std::size_t kKeyAt = 8;
constexpr std::size_t kCreatedAt = 40;
constexpr std::size_t kFreshAt = 48;
constexpr std::size_t kUsableAt = 56;
constexpr std::size_t kCostAt = 64;
constexpr std::size_t kBodySizeAt = 72;
constexpr std::size_t kContentSumAt = 80;
constexpr std::size_t kHeaderSumAt = 88;
constexpr std::size_t kHeaderSize = 96;

// The first format in which values could be binary.
constexpr unsigned char kVersion = 2;

void put_number(std::string& value, std::size_t at, std::uint64_t number) {
  for (std::size_t i = 0; i < sizeof number; ++i)
    value[at + i] = static_cast<char>(static_cast<unsigned char>(number >> (8 * i)));
}

void put_number(std::string& value, std::size_t at, std::int64_t number) {
  put_number(value, at, static_cast<std::uint64_t>(number));
}

unsigned char byte_at(std::string_view value, std::size_t at) {
  return static_cast<unsigned char>(value[at]);
}

std::uint64_t number_at(std::string_view value, std::size_t at) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i)
    number |= std::uint64_t{byte_at(value, at + i)} << (8 * i);
  return number;
}

WallTime time_at(std::string_view value, std::size_t at) {
  return WallTime(std::chrono::milliseconds(static_cast<std::int64_t>(number_at(value, at))));
}

std::uint64_t header_sum(std::string_view value) {
  return XXH3_64bits(value.data(), kHeaderSumAt);
}

}  // namespace

std::string encode_binary_value(const Entry& entry) {
  const EntryMetadata metadata = entry.metadata();
  std::string value;
  value.reserve(kHeaderSize + entry.content_type().size() + entry.body().size());
  value.append(kBinaryValueMagic).resize(kHeaderSize);
  value[kVersionAt] = static_cast<char>(kVersion);
  value[kTypeSizeAt] = static_cast<char>(static_cast<unsigned char>(entry.content_type().size()));
  const auto& digest = metadata.key.digest();
  std::copy(digest.begin(), digest.end(), value.begin() + kKeyAt);
  put_number(value, kCreatedAt, std::int64_t{metadata.created.time_since_epoch().count()});
  put_number(value, kFreshAt, std::int64_t{metadata.fresh_until.time_since_epoch().count()});
  put_number(value, kUsableAt, std::int64_t{metadata.usable_until.time_since_epoch().count()});
  put_number(value, kCostAt, std::int64_t{metadata.cost.count()});
  put_number(value, kBodySizeAt, std::uint64_t{entry.body().size()});
  put_number(value, kContentSumAt, entry.checksum());
  put_number(value, kHeaderSumAt, header_sum(value));
  value.append(entry.content_type()).append(entry.body());
  return value;
}

tl::expected<Entry, ValueFault> decode_binary_value(std::string_view value,
                                                    CacheKey key,
                                                    std::size_t max_body_bytes) {
  if (value.size() <= kVersionAt) return tl::unexpected(ValueFault::kCut);
  if (byte_at(value, kVersionAt) < kVersion) return tl::unexpected(ValueFault::kOlder);
  if (byte_at(value, kVersionAt) > kVersion) return tl::unexpected(ValueFault::kNewer);
  if (value.size() < kHeaderSize) return tl::unexpected(ValueFault::kCut);
  if (number_at(value, kHeaderSumAt) != header_sum(value))
    return tl::unexpected(ValueFault::kChecksum);
  // A flag of a later version changes what the rest means.
  if (value[kFlagsAt] != 0 || value[kReservedAt] != 0) return tl::unexpected(ValueFault::kNewer);
  EntryMetadata metadata;
  metadata.key = key;
  const auto& digest = key.digest();
  if (std::memcmp(value.data() + kKeyAt, digest.data(), digest.size()) != 0)
    return tl::unexpected(ValueFault::kKey);
  const std::size_t type_size = byte_at(value, kTypeSizeAt);
  const std::uint64_t body_size = number_at(value, kBodySizeAt);
  if (body_size > max_body_bytes) return tl::unexpected(ValueFault::kTooLarge);
  if (value.size() != kHeaderSize + type_size + body_size) return tl::unexpected(ValueFault::kCut);
  metadata.created = time_at(value, kCreatedAt);
  metadata.fresh_until = time_at(value, kFreshAt);
  metadata.usable_until = time_at(value, kUsableAt);
  metadata.cost = std::chrono::microseconds(static_cast<std::int64_t>(number_at(value, kCostAt)));
  // The only copy of the body, and the only pass over it: the entry keeps the same checksum.
  Entry::Draft draft(type_size, body_size);
  const std::string_view content = value.substr(kHeaderSize);
  std::memcpy(draft.content_type().data(), content.data(), content.size());
  Result<Entry> entry = draft.seal(metadata, number_at(value, kContentSumAt));
  if (!entry) return tl::unexpected(ValueFault::kChecksum);
  return std::move(*entry);
}

}  // namespace refrain
