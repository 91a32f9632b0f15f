#include "refrain/core/backoff.h"

#include <algorithm>

namespace refrain {

namespace {

// SplitMix64 (Steele, Lea, Flood 2014): eight bytes of state and good enough to spread retries.
std::uint64_t next_random(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15U;
  std::uint64_t mixed = state;
  mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
  return mixed ^ (mixed >> 31U);
}

}  // namespace

Backoff::Backoff(const Config& config, std::uint64_t seed)
    : config_(config),
      random_state_(seed),
      delay_(config.first) {}

std::chrono::milliseconds Backoff::next() {
  const auto quarter = static_cast<std::uint64_t>(delay_.count() / 4);
  const auto extra = static_cast<std::int64_t>(next_random(random_state_) % (quarter + 1));
  const auto delay = std::min(delay_ + std::chrono::milliseconds(extra), config_.longest);
  delay_ = std::min(delay_ * 2, config_.longest);
  return delay;
}

}  // namespace refrain
