#pragma once

/// @file
/// What one request says about caching.

#include <chrono>
#include <optional>

namespace refrain {

/// The request directives of RFC 9111 section 5.2.1 that are honoured. Trivially destructible, so
/// it may cross a suspension.
struct CacheDirectives {
  bool no_cache = false;                        ///< Generate anew, and store.
  bool no_store = false;                        ///< Neither look up nor store.
  bool only_if_cached = false;                  ///< Do not generate.
  std::optional<std::chrono::seconds> max_age;  ///< Accept nothing older.
};

}  // namespace refrain
