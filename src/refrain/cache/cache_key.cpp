#include "refrain/cache/cache_key.h"

#include "refrain/core/hex.h"

namespace refrain {

std::optional<CacheKey> CacheKey::from_hex(std::string_view text) {
  std::array<std::uint8_t, kSize> digest{};
  if (!refrain::from_hex(text, digest)) return std::nullopt;
  return CacheKey(digest);
}

std::string CacheKey::to_hex() const {
  return refrain::to_hex(digest_);
}

}  // namespace refrain
