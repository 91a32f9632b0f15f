#pragma once

/// @file
/// The fewest seconds saved per byte leave first.

#include "refrain/memory/policy/eviction_policy.h"
#include "refrain/memory/policy/frequency_sketch.h"
#include "refrain/memory/policy/lazy_heap.h"

#include <cstddef>
#include <cstdint>
#include <functional>

namespace refrain {

/// Greedy-Dual-Size with frequency (Cherkasova, 1998; Cao and Irani, 1997): an entry is worth the
/// seconds that its uses saved, per byte, above the worth of what left last. What was worth little
/// when it left must be asked for again to be worth more; a sketch remembers how often that was.
class CostPolicy final : public EvictionPolicy {
public:
  explicit CostPolicy(const CacheLimits& limits);

  void insert(Resident& entry) override;
  void erase(Resident& entry) override;
  Resident& evict() override;
  void release(const std::function<void(Resident&)>& take) override;
  void set_limits(const CacheLimits& limits) override;
  [[nodiscard]] std::size_t fixed_bytes() const override { return sketch_.bytes(); }

private:
  /// What is to be added to `floor_` for an entry of this frequency.
  [[nodiscard]] static double worth_of(const Resident& entry);
  void count_accesses(std::size_t count);

  LazyHeap<double> heap_;
  double floor_ = 0;  // the worth of what left last
  FrequencySketch sketch_;
  std::size_t period_ = 0;    // accesses between two halvings of the sketch
  std::size_t accesses_ = 0;  // since the last
};

}  // namespace refrain
