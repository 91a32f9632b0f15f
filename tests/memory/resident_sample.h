#pragma once

/// @file
/// Entries whose hashes a test chooses.

#include "refrain/cache/cache_key.h"
#include "refrain/cache/entry.h"
#include "refrain/cache/resident.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace refrain::testing {

/// The key number `number` of those with this hash.
inline CacheKey key_with_hash(std::uint64_t hash, std::uint64_t number) {
  std::array<std::uint8_t, CacheKey::kSize> digest{};
  std::memcpy(digest.data(), &hash, sizeof hash);
  std::memcpy(digest.data() + sizeof hash, &number, sizeof number);
  return CacheKey(digest);
}

inline Entry entry_with_key(CacheKey key, std::string_view body = "body") {
  EntryMetadata metadata;
  metadata.key = key;
  return Entry::make(metadata, "text/plain", body);
}

/// Holds entries, so that structures may point to them.
class ResidentSample {
public:
  Resident& add(std::uint64_t hash, std::uint64_t number) {
    entries_.push_back(entry_with_key(key_with_hash(hash, number)));
    Resident& resident = entries_.back().resident();
    resident.hash = hash;
    return resident;
  }

  /// One that is to leave at `until`.
  Resident& add_until(std::int64_t until) {
    Resident& resident = add(entries_.size(), 0);
    resident.until.store(until);
    return resident;
  }

private:
  std::vector<Entry> entries_;
};

}  // namespace refrain::testing
