#pragma once

/// @file
/// From the fields of a request to its key, so that no two different requests can share one.

#include "refrain/cache/cache_key.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace refrain {

/// What a key belongs to besides the request itself: two requests that differ in any of these never
/// share an answer.
struct KeySpace {
  std::string_view service;        ///< `text` or `sticker`.
  std::string_view tenant;         ///< Whose answer this is; empty if the service has one tenant.
  std::string_view model;          ///< The generator's identity.
  std::string_view model_version;  ///< Changes whenever the generator's answers may.
  std::uint64_t epoch = 0;         ///< Raised to forget everything at once.
};

/// The unambiguous byte string of a request: named parts, each with the length of its name and of
/// its value before it, so that no concatenation of other parts can equal it. Format:
/// docs/formats/cache-key.md.
class CanonicalRequest {
public:
  /// Version of this derivation. Raised when an equal request must get another key than before.
  static constexpr std::uint32_t kSchema = 1;

  explicit CanonicalRequest(const KeySpace& space);

  /// Appends a part. Order matters: callers add parts in one fixed order, unknown fields sorted by
  /// name.
  void add(std::string_view name, std::string_view value);
  void add(std::string_view name, std::int64_t value);

  /// SHA-256 of the parts so far.
  [[nodiscard]] CacheKey key() const;

private:
  std::string bytes_;
};

}  // namespace refrain
