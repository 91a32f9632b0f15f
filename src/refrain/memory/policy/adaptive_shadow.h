#pragma once

/// @file
/// The adaptive policy in a cache without values.

#include "refrain/memory/policy/cache_access.h"
#include "refrain/memory/policy/cache_limits.h"
#include "refrain/memory/policy/forecaster.h"
#include "refrain/memory/policy/shadow_cache.h"

#include <cstdint>

namespace refrain {

/// A `ShadowCache` under the adaptive policy: it runs whatever its forecaster chooses, as the real
/// cache does.
///
/// Thread safety: none.
class AdaptiveShadow {
public:
  explicit AdaptiveShadow(const CacheLimits& limits);

  /// As `ShadowCache::access`.
  bool access(const CacheAccess& access);

  [[nodiscard]] PolicyKind policy() const { return cache_.policy(); }
  [[nodiscard]] const Forecaster& forecaster() const { return forecaster_; }

private:
  Forecaster forecaster_;
  ShadowCache cache_;
  std::uint64_t accesses_ = 0;
};

}  // namespace refrain
