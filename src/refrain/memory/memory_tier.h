#pragma once

/// @file
/// Memory as a level of a `TieredCache`.

#include "refrain/cache/tier.h"
#include "refrain/core/clock.h"
#include "refrain/memory/memory_cache.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace refrain {

/// A `MemoryCache` behind the interface of a tier. It always answers at once: no operation
/// waits, and none fails.
///
/// Thread safety: every member may be called from any thread.
class MemoryTier final : public Tier {
public:
  /// @pre `clock` outlives the tier.
  MemoryTier(const MemoryCache::Config& config, const Clock& clock)
      : cache_(config),
        clock_(clock) {}

  [[nodiscard]] std::string_view name() const override { return "memory"; }
  [[nodiscard]] bool is_available() const override { return true; }
  [[nodiscard]] ImmediateLookup find_now(CacheKey key, BodyPlace place) override;
  Task<Result<std::optional<Entry>>> find(CacheKey key) override;
  Task<Result<InsertOutcome>> insert(Entry entry) override;
  bool insert_now(const Entry& entry) override;
  void keep_now(const Entry& entry) override;
  Task<Result<bool>> erase(CacheKey key) override;
  bool erase_now(CacheKey key) override;
  bool clear_now() override;
  Task<Result<void>> clear(std::uint64_t epoch) override;
  Task<void> sweep() override;
  [[nodiscard]] TierStats stats() const override;

  /// Follows new limits, evicting what there is no room for any more. Hits go on meanwhile.
  void set_limits(std::optional<std::size_t> max_items, std::optional<std::size_t> max_size_bytes) {
    cache_.set_limits(max_items, max_size_bytes);
  }

  /// The fewest items that it makes sense to allow: one for each shard.
  [[nodiscard]] std::size_t least_items() const { return cache_.shard_count(); }

private:
  MemoryCache cache_;
  const Clock& clock_;
};

}  // namespace refrain
