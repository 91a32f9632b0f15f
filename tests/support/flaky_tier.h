#pragma once

/// @file
/// A tier in memory that does what a test tells it: answer, wait, fail, refuse, hang, be away.

#include "refrain/cache/tier.h"
#include "refrain/core/clock.h"
#include "refrain/core/mutex.h"

#include "support/gate.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace refrain::testing {

/// An honest `Tier` over a hash table, with faults on demand. Every fault is per operation and
/// stays until it is taken back.
///
/// Thread safety: any, faults included; a hook is set before the tier is used.
class FlakyTier final : public Tier {
public:
  enum class Mode : std::uint8_t {
    kImmediate,     ///< `find_now` knows, and inserts and erases are done at once, like memory.
    kAsynchronous,  ///< All that must wait, and every operation takes a turn of the loop.
  };

  enum class Operation : std::uint8_t {
    kFindNow,
    kFind,
    kInsert,
    kInsertNow,
    kErase,
    kEraseNow,
    kClear,
    kSweep
  };
  static constexpr std::size_t kOperations = 8;

  struct Config {
    std::string name = "memory";
    Mode mode = Mode::kImmediate;
    bool is_shared = false;
    std::chrono::seconds ttl{1'000'000};
    std::optional<std::chrono::milliseconds> soft_budget = std::nullopt;
  };

  using Hook = std::function<Task<void>()>;

  /// @pre `clock` outlives the tier.
  FlakyTier(Config config, const Clock& clock);

  void set_available(bool is_available) { is_available_ = is_available; }
  void set_refusing(bool is_refusing) { is_refusing_ = is_refusing; }
  /// Whether `find_now` gives the bodies of fresh entries in files to those who take them.
  void set_giving_files(bool is_giving_files) { is_giving_files_ = is_giving_files; }
  void set_owing(bool is_owing) { is_owing_ = is_owing; }
  /// Of tests with one loop. @pre There is a soft budget.
  void set_soft_budget(std::chrono::milliseconds budget) { soft_budget_ = budget; }
  void set_failing(Operation operation, bool is_failing) { of(operation).is_failing = is_failing; }

  /// Calls of `operation` stop after they took effect and before they return (a find has read, an
  /// insert has stored) until `release`.
  void hang(Operation operation) { of(operation).gate.close(); }
  void release(Operation operation) { of(operation).gate.open(); }
  /// How many calls of `operation` hang now.
  [[nodiscard]] std::size_t hanging(Operation operation) const {
    return of(operation).gate.waiting();
  }

  /// `hook` runs before each call of `operation` takes effect. Not of those that end at once.
  void set_hook(Operation operation, Hook hook) { of(operation).hook = std::move(hook); }

  [[nodiscard]] std::int64_t calls(Operation operation) const { return of(operation).calls; }
  /// Calls that had to count one hit or one miss: every `find`, and each `find_now` that knew.
  [[nodiscard]] std::int64_t lookups() const;
  [[nodiscard]] std::uint64_t cleared_epoch() const { return cleared_epoch_; }

  /// `hook` runs after each call of `find_now` has looked and before it returns.
  void set_find_now_hook(std::function<void()> hook) { find_now_hook_ = std::move(hook); }
  /// `hook` runs after each call of `insert_now` took effect and before it returns.
  void set_insert_now_hook(std::function<void()> hook) { insert_now_hook_ = std::move(hook); }

  /// What it was told to insert later. Of tests with one loop.
  [[nodiscard]] const std::vector<Entry>& later() const { return later_; }

  /// What is stored under `key`, uncounted, whatever the faults.
  [[nodiscard]] std::optional<Entry> peek(CacheKey key) const;
  /// Puts `entry` in as another instance would: counted as an insertion, whatever the faults.
  void put(Entry entry);

  [[nodiscard]] std::string_view name() const override { return config_.name; }
  [[nodiscard]] bool is_shared() const override { return config_.is_shared; }
  [[nodiscard]] bool is_available() const override { return is_available_; }
  [[nodiscard]] ImmediateLookup find_now(CacheKey key, BodyPlace place) override;
  Task<Result<std::optional<Entry>>> find(CacheKey key) override;
  [[nodiscard]] std::optional<std::chrono::milliseconds> soft_budget() const override {
    return soft_budget_;
  }
  Task<Result<InsertOutcome>> insert(Entry entry) override;
  void insert_later(const Entry& entry) override { later_.push_back(entry); }
  bool insert_now(const Entry& entry) override;
  void keep_now(const Entry& entry) override;
  /// A shared one leaves alone what is there.
  Task<Result<InsertOutcome>> fill(Entry entry) override;
  [[nodiscard]] bool owes_erasure(CacheKey /*key*/) const override { return is_owing_; }
  Task<Result<bool>> erase(CacheKey key) override;
  bool erase_now(CacheKey key) override;
  bool clear_now() override;
  Task<Result<void>> clear(std::uint64_t epoch) override;
  Task<void> sweep() override;
  [[nodiscard]] TierStats stats() const override;

private:
  struct Behaviour {
    std::atomic<std::int64_t> calls{0};
    std::atomic<bool> is_failing{false};
    Gate gate;
    Hook hook;
  };

  struct Kept {
    Entry entry;
    WallTime until;
  };

  Behaviour& of(Operation operation) { return behaviours_[static_cast<std::size_t>(operation)]; }
  const Behaviour& of(Operation operation) const {
    return behaviours_[static_cast<std::size_t>(operation)];
  }

  /// Counts the call and waits as told; false, and counted as an error, if it is to fail.
  Task<bool> begin(Operation operation);
  Task<void> finish(Operation operation);
  Task<Result<InsertOutcome>> store(Entry entry, bool only_if_absent);

  [[nodiscard]] std::optional<Entry> look_up(CacheKey key);
  /// False if it was refused.
  bool take(Entry entry);
  void keep(Entry entry) REFRAIN_REQUIRES(mutex_);
  bool drop(CacheKey key);
  void count_error(Operation operation);

  const Config config_;
  const Clock& clock_;
  std::optional<std::chrono::milliseconds> soft_budget_;
  std::array<Behaviour, kOperations> behaviours_;
  std::atomic<bool> is_available_{true};
  std::atomic<bool> is_refusing_{false};
  std::atomic<bool> is_giving_files_{false};
  std::atomic<bool> is_owing_{false};
  std::function<void()> find_now_hook_;
  std::function<void()> insert_now_hook_;
  std::vector<Entry> later_;
  std::atomic<std::uint64_t> cleared_epoch_{0};
  mutable Mutex mutex_;
  boost::unordered_flat_map<CacheKey, Kept, CacheKeyHash> kept_ REFRAIN_GUARDED_BY(mutex_);
  TierStats counted_ REFRAIN_GUARDED_BY(mutex_);
};

}  // namespace refrain::testing
