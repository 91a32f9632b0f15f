#pragma once

/// @file
/// Three FIFO queues.

#include "refrain/memory/policy/entry_queue.h"
#include "refrain/memory/policy/eviction_policy.h"
#include "refrain/memory/policy/ghost_table.h"

#include <cstddef>
#include <functional>

namespace refrain {

/// S3-FIFO (Yang, Zhang, Qiu, Yue and Rashmi, "FIFO queues are all you need for cache eviction",
/// SOSP 2023): a small queue through which new entries pass, a main queue for those that were used
/// meanwhile or come back soon, and the ghosts of those that were not.
class S3FifoPolicy final : public EvictionPolicy {
public:
  explicit S3FifoPolicy(const CacheLimits& limits);

  void insert(Resident& entry) override;
  void erase(Resident& entry) override;
  Resident& evict() override;
  void release(const std::function<void(Resident&)>& take) override;
  void set_limits(const CacheLimits& limits) override;
  [[nodiscard]] std::size_t fixed_bytes() const override { return ghosts_.bytes(); }

private:
  /// Whether the small queue is the next to give something up.
  /// @pre There is an entry.
  [[nodiscard]] bool small_is_due() const;
  /// The oldest of the small queue, unless it was used: then it moves to the main queue.
  Resident* evict_from_small();
  Resident& evict_from_main();

  CacheLimits small_limits_;
  EntryQueue small_{0};
  EntryQueue main_{1};
  GhostTable ghosts_;
};

}  // namespace refrain
