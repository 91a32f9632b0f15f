#include "refrain/cache/generation_times.h"

#include <algorithm>

namespace refrain {

void GenerationTimes::record(std::chrono::nanoseconds duration) {
  const MutexLock lock(mutex_);
  latest_[recorded_ % kWindow] = duration;
  ++recorded_;
}

std::optional<std::chrono::nanoseconds> GenerationTimes::p95() const {
  std::array<std::chrono::nanoseconds, kWindow> sample{};
  std::size_t size = 0;
  {
    const MutexLock lock(mutex_);
    size = std::min(recorded_, kWindow);
    sample = latest_;
  }
  if (size == 0) return std::nullopt;
  const std::size_t rank = (size * 95 + 99) / 100 - 1;
  auto* const nth = sample.begin() + rank;
  std::nth_element(sample.begin(), nth, sample.begin() + size);
  return *nth;
}

}  // namespace refrain
