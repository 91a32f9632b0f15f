#include "refrain/redis/redis_value.h"

#include "refrain/core/base64.h"
#include "refrain/core/hex.h"
#include "refrain/redis/binary_value.h"

#include <boost/json/basic_parser_impl.hpp>

#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

namespace refrain {

namespace {

constexpr std::string_view kJsonType = "application/json";
constexpr std::string_view kName = R"({"refrain":)";
// JSON objects are what they were in format 1, so that instances of both versions share them.
constexpr std::string_view kVersion = "1";
constexpr std::string_view kKey = R"(,"key":")";
constexpr std::string_view kChecksum = R"(,"checksum":")";
constexpr std::string_view kNoChecksum = "0000000000000000";
constexpr std::string_view kBody = R"(","body":)";
// Format 1 wrote bodies that are not JSON so.
constexpr std::string_view kBase64Body = R"(","body_base64":")";
constexpr std::string_view kEnd = "}";
constexpr std::string_view kBase64End = R"("})";

// Takes in a JSON text and keeps nothing of it.
struct JsonSink {
  using Code = boost::json::error_code;
  using Text = boost::json::string_view;

  // NOLINTBEGIN(readability-identifier-naming): Boost.JSON's names
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);
  // NOLINTEND(readability-identifier-naming)

  bool on_document_begin(Code& /*error*/) { return true; }
  bool on_document_end(Code& /*error*/) { return true; }
  bool on_array_begin(Code& /*error*/) { return true; }
  bool on_array_end(std::size_t /*size*/, Code& /*error*/) { return true; }
  bool on_object_begin(Code& /*error*/) { return true; }
  bool on_object_end(std::size_t /*size*/, Code& /*error*/) { return true; }
  bool on_string_part(Text /*text*/, std::size_t /*size*/, Code& /*error*/) { return true; }
  bool on_string(Text /*text*/, std::size_t /*size*/, Code& /*error*/) { return true; }
  bool on_key_part(Text /*text*/, std::size_t /*size*/, Code& /*error*/) { return true; }
  bool on_key(Text /*text*/, std::size_t /*size*/, Code& /*error*/) { return true; }
  bool on_number_part(Text /*text*/, Code& /*error*/) { return true; }
  bool on_int64(std::int64_t /*value*/, Text /*text*/, Code& /*error*/) { return true; }
  bool on_uint64(std::uint64_t /*value*/, Text /*text*/, Code& /*error*/) { return true; }
  bool on_double(double /*value*/, Text /*text*/, Code& /*error*/) { return true; }
  bool on_bool(bool /*value*/, Code& /*error*/) { return true; }
  bool on_null(Code& /*error*/) { return true; }
  bool on_comment_part(Text /*text*/, Code& /*error*/) { return true; }
  bool on_comment(Text /*text*/, Code& /*error*/) { return true; }
};

bool is_json(std::string_view text) {
  boost::json::basic_parser<JsonSink> parser{boost::json::parse_options()};
  boost::json::error_code error;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
  return !error && used == text.size() && parser.done();
}

void append_number(std::string& out, std::string_view name, std::int64_t number) {
  char digits[24];
  char* const end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(",\"").append(name).append("\":").append(digits, end);
}

// The checksum is over all of the value with zeros in the checksum's own place.
std::string checksum_of(std::string_view value) {
  return to_hex(std::uint64_t{XXH3_64bits(value.data(), value.size())});
}

// Reads a value from its front, one expected thing after another; after the first that is not there
// every further one fails.
class Scanner {
public:
  explicit Scanner(std::string_view rest) : rest_(rest) {}

  [[nodiscard]] bool is_good() const { return is_good_; }
  [[nodiscard]] std::string_view rest() const { return rest_; }

  bool skip(std::string_view expected) {
    is_good_ = is_good_ && rest_.starts_with(expected);
    if (is_good_) rest_.remove_prefix(expected.size());
    return is_good_;
  }

  std::string_view take(std::size_t size) {
    is_good_ = is_good_ && rest_.size() >= size;
    if (!is_good_) return {};
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::int64_t number(std::string_view name) {
    skip(",\"");
    skip(name);
    if (!skip("\":")) return 0;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    is_good_ = error == std::errc{};
    if (is_good_) rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }

  // The text up to its closing quote, which is skipped.
  std::string text() {
    std::string text;
    while (is_good_) {
      text += take(std::min(rest_.find_first_of("\"\\"), rest_.size()));
      if (take(1) == "\"") return text;
      text += take(1);
    }
    return text;
  }

private:
  std::string_view rest_;
  bool is_good_ = true;
};

WallTime wall_time(std::int64_t milliseconds) {
  return WallTime(std::chrono::milliseconds(milliseconds));
}

// Compares the checksum at `position` and leaves zeros there.
bool take_checksum(std::string& value, std::size_t position) {
  const std::string stated = value.substr(position, kNoChecksum.size());
  value.replace(position, kNoChecksum.size(), kNoChecksum);
  return stated == checksum_of(value);
}

std::optional<std::string> take_body(std::string_view rest) {
  if (rest.starts_with(kBody) && rest.ends_with(kEnd)) {
    rest.remove_prefix(kBody.size());
    return std::string(rest.substr(0, rest.size() - kEnd.size()));
  }
  if (!rest.starts_with(kBase64Body)) return std::nullopt;
  rest.remove_prefix(kBase64Body.size());
  if (!rest.ends_with(kBase64End)) return std::nullopt;
  return decode_base64(rest.substr(0, rest.size() - kBase64End.size()));
}

// What a value is that does not begin as one of this version: one of another, or none of ours.
ValueFault fault_of_version(std::string_view value) {
  if (kName.starts_with(value)) return value.empty() ? ValueFault::kForeign : ValueFault::kCut;
  if (!value.starts_with(kName)) return ValueFault::kForeign;
  value.remove_prefix(kName.size());
  std::uint64_t version = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), version);
  if (error != std::errc{}) return value.empty() ? ValueFault::kCut : ValueFault::kForeign;
  if (version == 0) return ValueFault::kOlder;
  return version > 1 ? ValueFault::kNewer : ValueFault::kForeign;
}

// What stands before the body. Views are of the value that was scanned.
struct Scanned {
  EntryMetadata metadata;
  std::string_view key;
  std::string content_type;
  std::size_t checksum_at = 0;
  std::string_view rest;
};

tl::expected<Scanned, ValueFault> scan(std::string_view value) {
  Scanner scanner(value);
  scanner.skip(kName);
  scanner.skip(kVersion);
  if (!scanner.skip(",")) {
    const bool is_cut = value == std::string(kName) + std::string(kVersion);
    return tl::unexpected(is_cut ? ValueFault::kCut : fault_of_version(value));
  }
  Scanned scanned;
  scanner.skip(kKey.substr(1));
  scanned.key = scanner.take(CacheKey::kSize * 2);
  scanner.skip(R"(","content_type":")");
  scanned.content_type = scanner.text();
  EntryMetadata& metadata = scanned.metadata;
  metadata.created = wall_time(scanner.number("created_ms"));
  metadata.fresh_until = wall_time(scanner.number("fresh_until_ms"));
  metadata.usable_until = wall_time(scanner.number("usable_until_ms"));
  metadata.cost = std::chrono::microseconds(scanner.number("cost_us"));
  scanner.skip(kChecksum);
  scanned.checksum_at = value.size() - scanner.rest().size();
  scanner.take(kNoChecksum.size());
  scanned.rest = scanner.rest();
  if (scanner.is_good() && scanned.content_type.size() <= Entry::kMaxContentTypeSize)
    return scanned;
  return tl::unexpected(value.ends_with(kEnd) ? ValueFault::kChecksum : ValueFault::kCut);
}

tl::expected<Entry, ValueFault> decode_json_value(std::string value,
                                                  CacheKey key,
                                                  std::size_t max_body_bytes) {
  tl::expected<Scanned, ValueFault> scanned = scan(value);
  if (!scanned) return tl::unexpected(scanned.error());
  if (!value.ends_with(kEnd)) return tl::unexpected(ValueFault::kCut);
  if (scanned->key != key.to_hex()) return tl::unexpected(ValueFault::kKey);
  if (!take_checksum(value, scanned->checksum_at)) return tl::unexpected(ValueFault::kChecksum);
  const std::optional<std::string> body = take_body(scanned->rest);
  if (!body) return tl::unexpected(ValueFault::kForeign);
  if (body->size() > max_body_bytes) return tl::unexpected(ValueFault::kTooLarge);
  scanned->metadata.key = key;
  return Entry::make(scanned->metadata, scanned->content_type, *body);
}

// Of all members but the body; the longest content type, with every byte escaped, takes 510 of it.
constexpr std::size_t kLongestHead = 1024;

}  // namespace

std::size_t longest_redis_value(std::size_t max_body_bytes) {
  return kLongestHead + (max_body_bytes / 3 + 1) * 4;
}

bool begins_like_redis_value(std::string_view bytes, CacheKey key) {
  if (bytes.starts_with(kBinaryValueMagic)) return begins_like_binary_value(bytes, key);
  Scanner scanner(bytes);
  return scanner.skip(kName) && scanner.skip(kVersion) && scanner.skip(kKey) &&
         scanner.skip(key.to_hex());
}

std::string encode_redis_value(const Entry& entry) {
  if (entry.content_type() != kJsonType || !is_json(entry.body()))
    return encode_binary_value(entry);
  const EntryMetadata metadata = entry.metadata();
  std::string value;
  value.reserve(512 + entry.content_type().size() + entry.body().size());
  value.append(kName).append(kVersion).append(kKey).append(metadata.key.to_hex());
  value.append(R"(","content_type":")").append(entry.content_type()).push_back('"');
  append_number(value, "created_ms", metadata.created.time_since_epoch().count());
  append_number(value, "fresh_until_ms", metadata.fresh_until.time_since_epoch().count());
  append_number(value, "usable_until_ms", metadata.usable_until.time_since_epoch().count());
  append_number(value, "cost_us", metadata.cost.count());
  value.append(kChecksum);
  const std::size_t checksum_at = value.size();
  value.append(kNoChecksum).append(kBody).append(entry.body()).append(kEnd);
  value.replace(checksum_at, kNoChecksum.size(), checksum_of(value));
  return value;
}

tl::expected<Entry, ValueFault> decode_redis_value(std::string value,
                                                   CacheKey key,
                                                   std::size_t max_body_bytes) {
  if (value.starts_with(kBinaryValueMagic)) return decode_binary_value(value, key, max_body_bytes);
  return decode_json_value(std::move(value), key, max_body_bytes);
}

}  // namespace refrain
