#pragma once

/// @file
/// What a Redis server says of its memory.

#include "refrain/cache/tier_stats.h"

#include <optional>
#include <string_view>

namespace refrain {

/// What the reply to `INFO memory` says, with a warning if a cache in such a server comes to harm;
/// nothing if it does not say it.
std::optional<ServerMemory> parse_server_memory(std::string_view info);

}  // namespace refrain
