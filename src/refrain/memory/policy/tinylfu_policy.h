#pragma once

/// @file
/// Admission by frequency.

#include "refrain/memory/policy/entry_queue.h"
#include "refrain/memory/policy/eviction_policy.h"
#include "refrain/memory/policy/frequency_sketch.h"
#include "refrain/memory/policy/window_climber.h"

#include <cstddef>
#include <cstdint>
#include <functional>

namespace refrain {

/// W-TinyLFU (Einziger, Friedman and Manes, "TinyLFU: a highly efficient cache admission policy",
/// 2017): new entries pass through a window, and one that leaves it stays only if it was asked for
/// more often than the entry that it would displace.
///
/// Differences to the paper: an entry that is here carries its own frequency, and the sketch only
/// knows of keys that are not, so that a hit need not touch it; the queues are in the order in
/// which uses are noticed, not in that of the uses.
class TinyLfuPolicy final : public EvictionPolicy {
public:
  explicit TinyLfuPolicy(const CacheLimits& limits);

  void insert(Resident& entry) override;
  void erase(Resident& entry) override;
  Resident& evict() override;
  void release(const std::function<void(Resident&)>& take) override;
  void set_limits(const CacheLimits& limits) override;
  [[nodiscard]] std::size_t fixed_bytes() const override { return sketch_.bytes(); }

private:
  enum Queue : std::uint8_t { kWindow, kProbation, kProtected };

  [[nodiscard]] EntryQueue& queue_of(const Resident& entry);
  void divide_room();
  /// Counts the uses since it was looked at before. False if there were none.
  bool notice_uses(Resident& entry);
  [[nodiscard]] std::uint8_t frequency_of(const Resident& entry) const;
  void count_accesses(std::size_t hits, std::size_t misses);
  /// Moves what is too much for `from` to the probation queue.
  void shrink(EntryQueue& from, const CacheLimits& limits);
  /// The entry that is to go first, of the main queues if they have any.
  [[nodiscard]] Resident& find_victim();
  [[nodiscard]] bool admits(const Resident& candidate, const Resident& victim);

  CacheLimits limits_;
  std::size_t expected_items_ = 1;   // at most, by the limits
  std::size_t items_when_full_ = 1;  // when it was full last, or else as expected
  CacheLimits window_limits_;
  CacheLimits protected_limits_;
  EntryQueue window_{kWindow};
  EntryQueue probation_{kProbation};
  EntryQueue protected_{kProtected};
  FrequencySketch sketch_;
  WindowClimber climber_;
  Resident* candidate_ = nullptr;  // the last to leave the window, in probation_
  std::size_t accesses_ = 0;       // since frequencies were halved
  std::uint8_t age_ = 0;           // how often they were halved
  std::uint32_t dice_ = 1;
};

}  // namespace refrain
