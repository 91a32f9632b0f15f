#include "refrain/redis/lifetime_jitter.h"

#include <algorithm>

namespace refrain {

std::chrono::milliseconds LifetimeJitter::shorten(std::chrono::milliseconds longest) {
  // SplitMix64 (Steele, Lea, Flood 2014): its state is a counter, which threads can share.
  constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15U;
  std::uint64_t mixed = state_.fetch_add(kStep, std::memory_order_relaxed) + kStep;
  mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
  mixed ^= mixed >> 31U;
  // The 53 bits that a double keeps, as a number below 1.
  const double part = static_cast<double>(mixed >> 11U) * 0x1p-53;
  const double shortened = static_cast<double>(longest.count()) * (1.0 - share_ * part);
  const auto rounded = std::chrono::milliseconds(static_cast<std::int64_t>(shortened));
  return std::clamp(rounded, std::chrono::milliseconds(1), longest);
}

}  // namespace refrain
