#pragma once

/// @file
/// How long a tier keeps an entry.

#include "refrain/cache/entry.h"

#include <chrono>

namespace refrain {

/// Until when a tier with time-to-live `ttl` keeps an entry that was inserted at `inserted`.
///
/// An entry whose freshness outlasts the tier's ttl leaves when the ttl ends (a lower tier still
/// has it). An entry whose freshness ends no later stays through its stale time, since nobody else
/// may have it to serve while a refresh runs.
inline WallTime resident_until(const EntryMetadata& metadata,
                               WallTime inserted,
                               std::chrono::seconds ttl) {
  const WallTime ttl_end = inserted + ttl;
  return ttl_end < metadata.fresh_until ? ttl_end : metadata.usable_until;
}

}  // namespace refrain
