#pragma once

/// @file
/// What a response says of its way through the cache.

#include "refrain/cache/answer.h"
#include "refrain/core/clock.h"

#include <chrono>
#include <string>

namespace refrain {

/// Appends `Cache-Status` (RFC 9211), `Age` on a hit, and `Server-Timing`.
///
/// `cache;dur` is the time the request spent here without the generation, `gen;dur` the generation
/// it waited for, both in milliseconds.
void append_answer_headers(std::string& lines,
                           const Answer& answer,
                           WallTime now,
                           std::chrono::nanoseconds duration);

/// `"3b0c…"`: a strong entity tag from the entry's checksum and size.
std::string entity_tag(const Entry& entry);

/// Whether an `If-None-Match` field names `tag` (weak comparison, RFC 9110 section 13.1.2).
bool matches_entity_tag(std::string_view if_none_match, std::string_view tag);

/// Whole seconds for which the entry stays fresh; negative once it is stale.
std::int64_t remaining_seconds(const Entry& entry, WallTime now);

}  // namespace refrain
