#include "refrain/memory/policy/window_climber.h"

#include <algorithm>
#include <cmath>

namespace refrain {

namespace {

constexpr double kLeastShare = 0.01;
constexpr double kMostShare = 0.8;
// Chosen on the traces in docs/benchmarks_policies.md: shorter periods follow noise, slower decay
// wanders.
constexpr std::size_t kRequestsPerItem = 20;
constexpr double kFirstStep = 0.03;
constexpr double kDecay = 0.95;
// A change of the hit ratio by this much is a change of the workload.
constexpr double kRestart = 0.05;

}  // namespace

bool WindowClimber::count(std::size_t hits, std::size_t misses, std::size_t items) {
  hits_ += hits;
  misses_ += misses;
  const std::size_t requests = hits_ + misses_;
  if (requests < kRequestsPerItem * std::max<std::size_t>(items, 1)) return false;
  climb(static_cast<double>(hits_) / static_cast<double>(requests));
  hits_ = 0;
  misses_ = 0;
  return true;
}

void WindowClimber::climb(double hit_ratio) {
  const double change = hit_ratio - last_hit_ratio_;
  last_hit_ratio_ = hit_ratio;
  if (change < 0) step_ = -step_;
  step_ = std::abs(change) > kRestart ? std::copysign(kFirstStep, step_) : step_ * kDecay;
  share_ = std::clamp(share_ + step_, kLeastShare, kMostShare);
  // At an end there is one way only.
  if (share_ == kLeastShare) step_ = std::abs(step_);
  if (share_ == kMostShare) step_ = -std::abs(step_);
}

}  // namespace refrain
