#pragma once

/// @file
/// The request's `Cache-Control` (RFC 9111 section 5.2.1).

#include "refrain/cache/cache_directives.h"

#include <string_view>

namespace refrain {

/// The directives that are honoured; others and malformed ones are ignored, as the RFC asks.
CacheDirectives parse_cache_control(std::string_view header);

}  // namespace refrain
