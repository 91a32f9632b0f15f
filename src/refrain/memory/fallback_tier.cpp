#include "refrain/memory/fallback_tier.h"

#include <utility>

namespace refrain {

Task<Result<InsertOutcome>> FallbackTier::insert(Entry entry) {
  co_return near_.insert_while_closed(entry) ? InsertOutcome::kStored : InsertOutcome::kRefused;
}

bool FallbackTier::insert_now(const Entry& entry) {
  static_cast<void>(near_.insert_while_closed(entry));
  return true;
}

Task<Result<bool>> FallbackTier::erase(CacheKey /*key*/) {
  co_return false;
}

Task<Result<void>> FallbackTier::clear(std::uint64_t /*epoch*/) {
  co_return Result<void>();
}

Task<void> FallbackTier::sweep() {
  co_return;
}

}  // namespace refrain
