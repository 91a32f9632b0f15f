#include "refrain/memory/policy/adaptive_shadow.h"

#include <span>

namespace refrain {

AdaptiveShadow::AdaptiveShadow(const CacheLimits& limits)
    : forecaster_(PolicyKind::kAdaptive, limits),
      cache_(forecaster_.choice(), limits) {}

bool AdaptiveShadow::access(const CacheAccess& access) {
  ++accesses_;
  const bool is_hit = cache_.access(access);
  if (forecaster_.samples(access.hash)) forecaster_.record(std::span(&access, 1), accesses_);
  if (forecaster_.choice() != cache_.policy()) cache_.set_policy(forecaster_.choice());
  return is_hit;
}

}  // namespace refrain
