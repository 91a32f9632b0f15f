#pragma once

/// @file
/// How long an answer is good, and how long it is better than none.

#include "refrain/cache/entry.h"

#include <chrono>

namespace refrain {

/// The times that a new entry gets.
struct Freshness {
  std::chrono::seconds ttl{3600};  ///< Fresh for this long after its generation.
  std::chrono::seconds stale{
      60};  ///< Usable for this much longer while a refresh runs or fails (RFC 5861).

  /// The metadata of an entry that was generated just now.
  [[nodiscard]] EntryMetadata stamp(CacheKey key,
                                    WallTime now,
                                    std::chrono::microseconds cost) const {
    EntryMetadata metadata;
    metadata.key = key;
    metadata.created = now;
    metadata.fresh_until = now + ttl;
    metadata.usable_until = metadata.fresh_until + stale;
    metadata.cost = cost;
    return metadata;
  }
};

}  // namespace refrain
