#pragma once

/// @file
/// Keys and entries for tests.

#include "refrain/cache/cache_key.h"
#include "refrain/cache/entry.h"
#include "refrain/core/sha256.h"

#include <chrono>
#include <string>
#include <string_view>

namespace refrain::testing {

inline CacheKey sample_key(std::string_view name) {
  return CacheKey(sha256(name));
}

/// A JSON entry that is fresh for an hour and usable for another minute from `now` on.
inline Entry sample_entry(CacheKey key,
                          WallTime now,
                          std::string_view body = R"({"words":["to"]})",
                          std::string_view content_type = "application/json") {
  EntryMetadata metadata;
  metadata.key = key;
  metadata.created = now;
  metadata.fresh_until = now + std::chrono::hours(1);
  metadata.usable_until = metadata.fresh_until + std::chrono::minutes(1);
  metadata.cost = std::chrono::milliseconds(800);
  return Entry::make(metadata, content_type, body);
}

}  // namespace refrain::testing
