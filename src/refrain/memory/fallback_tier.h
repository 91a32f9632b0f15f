#pragma once

/// @file
/// Memory behind the tier that it cannot be kept in front of at present.

#include "refrain/cache/tier.h"
#include "refrain/memory/near_tier.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace refrain {

/// The memory of a `NearTier` for the time when that is closed: the last tier of the list, which
/// answers for a shared one that is away, and is filled by what is generated. What is erased, and
/// all statistics, are the near tier's.
///
/// Thread safety: every member may be called from any thread.
/// Ownership: the near tier outlives it.
class FallbackTier final : public Tier {
public:
  explicit FallbackTier(NearTier& near) : near_(near) {}

  [[nodiscard]] std::string_view name() const override { return near_.name(); }
  [[nodiscard]] bool is_view() const override { return true; }
  [[nodiscard]] bool is_available() const override { return !near_.is_open(); }
  [[nodiscard]] ImmediateLookup find_now(CacheKey key, BodyPlace place) override {
    return near_.find_now(key, place);
  }
  Task<Result<std::optional<Entry>>> find(CacheKey key) override { return near_.find(key); }
  /// `kRefused` if the near tier has opened meanwhile: nobody told it of changes of this entry.
  Task<Result<InsertOutcome>> insert(Entry entry) override;
  bool insert_now(const Entry& entry) override;
  void keep_now(const Entry& entry) override { near_.keep_while_closed(entry); }
  Task<Result<bool>> erase(CacheKey key) override;
  bool erase_now(CacheKey /*key*/) override { return true; }
  bool clear_now() override { return true; }
  Task<Result<void>> clear(std::uint64_t epoch) override;
  Task<void> sweep() override;
  [[nodiscard]] TierStats stats() const override { return near_.stats(); }

private:
  NearTier& near_;
};

}  // namespace refrain
