#pragma once

/// @file
/// The least recently used leaves first.

#include "refrain/memory/policy/eviction_policy.h"
#include "refrain/memory/policy/lazy_heap.h"

#include <cstddef>
#include <cstdint>
#include <functional>

namespace refrain {

/// Exact LRU without a list to splice at each hit: a heap by the last use that it knows of. An
/// entry that comes to the top and was used since sinks to where it belongs.
class LruPolicy final : public EvictionPolicy {
public:
  void insert(Resident& entry) override;
  void erase(Resident& entry) override { heap_.erase(entry); }
  Resident& evict() override;
  void release(const std::function<void(Resident&)>& take) override;
  void set_limits(const CacheLimits& /*limits*/) override {}
  [[nodiscard]] std::size_t fixed_bytes() const override { return 0; }

private:
  LazyHeap<std::uint64_t> heap_;
};

}  // namespace refrain
