#pragma once

/// @file
/// Memory in front of a tier that others write too.

#include "refrain/cache/tier.h"
#include "refrain/core/mutex.h"
#include "refrain/memory/memory_tier.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace refrain {

/// Memory as the first tier, before a shared one, for as long as somebody tells of every change in
/// the shared one: then it is open. Closed, it is skipped as a tier that is away, and the same
/// memory can be had behind the shared tier, by a `FallbackTier`.
///
/// Who opens it has seen to it that from before then on every change in the shared tier makes the
/// composition forget the key (`TieredCache::invalidate`), and has called `invalidate_all` since.
///
/// Thread safety: every member may be called from any thread; `open` and `close` from one at a
/// time.
class NearTier final : public Tier {
public:
  /// @pre `memory` is not null.
  explicit NearTier(std::unique_ptr<MemoryTier> memory) : memory_(std::move(memory)) {}

  /// Empties memory and lets it answer first: what it was given while it was closed may have been
  /// changed elsewhere.
  void open();
  /// Lets it answer no more; what it holds stays, for the fallback.
  void close() { is_open_.store(false, std::memory_order_release); }
  [[nodiscard]] bool is_open() const { return is_open_.load(std::memory_order_acquire); }

  [[nodiscard]] MemoryTier& memory() { return *memory_; }

  [[nodiscard]] std::string_view name() const override { return memory_->name(); }
  [[nodiscard]] bool is_available() const override { return is_open(); }
  [[nodiscard]] ImmediateLookup find_now(CacheKey key, BodyPlace place) override {
    return memory_->find_now(key, place);
  }
  Task<Result<std::optional<Entry>>> find(CacheKey key) override { return memory_->find(key); }
  Task<Result<InsertOutcome>> insert(Entry entry) override {
    return memory_->insert(std::move(entry));
  }
  bool insert_now(const Entry& entry) override { return memory_->insert_now(entry); }
  void keep_now(const Entry& entry) override { memory_->keep_now(entry); }
  Task<Result<bool>> erase(CacheKey key) override { return memory_->erase(key); }
  bool erase_now(CacheKey key) override { return memory_->erase_now(key); }
  bool clear_now() override { return memory_->clear_now(); }
  Task<Result<void>> clear(std::uint64_t epoch) override { return memory_->clear(epoch); }
  Task<void> sweep() override { return memory_->sweep(); }
  /// Memory's own: it is used, first or last, whether this is open or not.
  [[nodiscard]] TierStats stats() const override { return memory_->stats(); }

private:
  friend class FallbackTier;
  /// Inserts unless it is open; false: it is, and nothing was inserted.
  bool insert_while_closed(const Entry& entry);
  void keep_while_closed(const Entry& entry);

  const std::unique_ptr<MemoryTier> memory_;
  Mutex opening_;  // held while it opens, and while the fallback inserts
  std::atomic<bool> is_open_{false};
};

}  // namespace refrain
