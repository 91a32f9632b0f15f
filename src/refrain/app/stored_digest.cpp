#include "refrain/app/stored_digest.h"

#include <algorithm>
#include <optional>
#include <string>

namespace refrain::app {
namespace {

/// The digits as `CacheKey::to_hex` prints them; empty if they are no hexadecimal digits.
std::string normal_digits(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string digits;
  for (const char c : text) {
    digits.push_back(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
    if (kDigits.find(digits.back()) == std::string_view::npos) return {};
  }
  return digits;
}

}  // namespace

Result<CacheKey> find_digest(SegmentStore& store, std::string_view digits) {
  if (const std::optional<CacheKey> key = CacheKey::from_hex(digits)) return *key;
  const std::string begin = normal_digits(digits);
  if (begin.size() < kShortestDigest || begin.size() > 2 * CacheKey::kSize) {
    return fail(ErrorCode::kInvalidArgument,
                "the digest must be 64 hexadecimal digits, or the first " +
                    std::to_string(kShortestDigest) +
                    " or more of them, as refrain cache list prints it");
  }
  std::optional<CacheKey> found;
  bool is_ambiguous = false;
  store.visit([&](const SegmentStore::StoredEntry& entry) {
    const CacheKey& key = entry.metadata.key;
    if (!key.to_hex().starts_with(begin) || key == found) return true;
    is_ambiguous = found.has_value();
    found = key;
    return !is_ambiguous;
  });
  if (is_ambiguous) {
    return fail(ErrorCode::kUnavailable,
                "more than one digest begins with " + begin +
                    "; give more digits, as refrain cache list prints them");
  }
  if (!found) {
    return fail(ErrorCode::kUnavailable,
                "no digest begins with " + begin + "; refrain cache list --limit 0 shows all");
  }
  return *found;
}

}  // namespace refrain::app
