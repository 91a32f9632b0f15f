#pragma once

/// @file
/// The memory cache beside a model of it that is too simple to be wrong. Shared by a test, which
/// makes scripts at random, and by a fuzzer, which searches for them.

#include "refrain/cache/residency.h"
#include "refrain/memory/memory_cache.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

namespace refrain::testing {

/// What `MemoryCache` does, as a list with the most recently used entry first.
class LruModel {
public:
  explicit LruModel(const MemoryCache::Config& config) : config_(config) {}

  std::optional<Entry> find(const CacheKey& key, WallTime now) {
    const auto item = locate(key);
    const bool is_over = item != items_.end() && now >= item->until;
    if (is_over) take(item, removals.expired);
    if (item == items_.end() || is_over) return ++misses, std::nullopt;
    items_.splice(items_.begin(), items_, item);
    return ++hits, items_.front().entry;
  }

  InsertOutcome insert(const Entry& entry, WallTime now) {
    const WallTime until =
        std::min(resident_until(entry.metadata(), now, config_.ttl), entry.metadata().usable_until);
    if (until <= now) return ++refusals, InsertOutcome::kRefused;
    if (const auto older = locate(entry.key()); older != items_.end()) {
      take(older, removals.replaced);
    }
    if (config_.max_items == 0 || charge(entry) > config_.max_size_bytes) {
      return ++refusals, InsertOutcome::kRefused;
    }
    items_.push_front({entry, until});
    ++insertions;
    while (items_.size() > config_.max_items || bytes() > config_.max_size_bytes) {
      take(std::prev(items_.end()), removals.capacity);
    }
    return InsertOutcome::kStored;
  }

  bool erase(const CacheKey& key) {
    const auto item = locate(key);
    if (item == items_.end()) return false;
    take(item, removals.invalidated);
    return true;
  }

  void clear() {
    while (!items_.empty())
      take(items_.begin(), removals.invalidated);
  }

  std::size_t sweep(WallTime now) {
    const auto is_over = [now](const Item& item) {
      return now >= item.until;
    };
    const std::size_t removed = std::erase_if(items_, is_over);
    removals.expired += static_cast<std::int64_t>(removed);
    return removed;
  }

  [[nodiscard]] std::size_t items() const { return items_.size(); }
  [[nodiscard]] std::size_t bytes() const {
    std::size_t sum = 0;
    for (const Item& item : items_)
      sum += charge(item.entry);
    return sum;
  }

  std::int64_t hits = 0;
  std::int64_t misses = 0;
  std::int64_t insertions = 0;
  std::int64_t refusals = 0;
  Removals removals;

private:
  struct Item {
    Entry entry;
    WallTime until;
  };

  static std::size_t charge(const Entry& entry) {
    return entry.charge() + MemoryCache::kItemOverhead;
  }

  std::list<Item>::iterator locate(const CacheKey& key) {
    const auto has_key = [&key](const Item& item) {
      return item.entry.key() == key;
    };
    return std::find_if(items_.begin(), items_.end(), has_key);
  }

  void take(std::list<Item>::iterator item, std::int64_t& cause) {
    items_.erase(item);
    ++cause;
  }

  MemoryCache::Config config_;
  std::list<Item> items_;
};

/// Runs a script of operations, any bytes at all, on a cache and on its model. Throws
/// `std::logic_error` at the first difference and at the first broken invariant.
class LruModelRun {
public:
  explicit LruModelRun(std::span<const std::uint8_t> script)
      : script_(script),
        config_(read_config()),
        cache_(config_),
        model_(config_) {}

  void run() {
    while (!script_.empty()) {
      step();
      cache_.check_invariants();
      compare_stats();
    }
  }

private:
  static constexpr std::size_t kMoreThanAllNodes = 1000;

  static void require(bool holds, const char* what) {
    if (!holds) throw std::logic_error(what);
  }

  std::uint8_t next() {
    if (script_.empty()) return 0;
    const std::uint8_t byte = script_.front();
    script_ = script_.subspan(1);
    return byte;
  }

  MemoryCache::Config read_config() {
    MemoryCache::Config config;
    config.max_items = next() % 12;
    config.max_size_bytes = std::size_t{next()} * 32;
    config.ttl = std::chrono::seconds(next() % 64);
    return config;
  }

  CacheKey next_key() {
    std::array<std::uint8_t, CacheKey::kSize> digest{};
    // Sixteen keys. Half of them have a hash in common with another one.
    const std::uint8_t name = next() % 16;
    digest[0] = name / 2;
    digest[CacheKey::kSize - 1] = name % 2;
    return CacheKey(digest);
  }

  Entry next_entry() {
    EntryMetadata metadata;
    metadata.key = next_key();
    metadata.created = now_;
    metadata.fresh_until = now_ + std::chrono::seconds(next() % 64);
    // May be less than `fresh_until`: an entry read from elsewhere may claim anything.
    metadata.usable_until = now_ + std::chrono::seconds(next() % 96);
    return Entry::make(metadata, "t", std::string(std::size_t{next()} * 8, 'b'));
  }

  void step() {
    switch (next() % 8) {
      case 0:
      case 1:
      case 2:
        return insert();
      case 3:
      case 4:
        return find();
      case 5: {
        const CacheKey key = next_key();
        return require(cache_.erase(key) == model_.erase(key), "erase differs");
      }
      case 6:
        now_ += std::chrono::milliseconds(100 * next());
        return;
      default:
        return clean();
    }
  }

  void insert() {
    const Entry entry = next_entry();
    require(cache_.insert(entry, now_) == model_.insert(entry, now_), "insert differs");
  }

  void find() {
    const CacheKey key = next_key();
    const std::optional<Entry> found = cache_.find(key, now_);
    const std::optional<Entry> expected = model_.find(key, now_);
    require(found.has_value() == expected.has_value(), "find differs");
    require(!found || found->body().data() == expected->body().data(), "found another entry");
  }

  void clean() {
    if (next() % 8 == 0) {
      cache_.clear();
      model_.clear();
    } else {
      require(cache_.sweep(now_, kMoreThanAllNodes) == model_.sweep(now_), "sweep differs");
    }
  }

  void compare_stats() const {
    const TierStats stats = cache_.stats();
    require(stats.items == static_cast<std::int64_t>(model_.items()), "items differ");
    require(stats.size_bytes == static_cast<std::int64_t>(model_.bytes()), "bytes differ");
    require(stats.hits == model_.hits && stats.misses == model_.misses, "look-ups differ");
    require(stats.insertions == model_.insertions, "insertions differ");
    require(stats.refusals == model_.refusals, "refusals differ");
    require(stats.removals.capacity == model_.removals.capacity, "evictions differ");
    require(stats.removals.expired == model_.removals.expired, "expiries differ");
    require(stats.removals.invalidated == model_.removals.invalidated, "invalidations differ");
    require(stats.removals.replaced == model_.removals.replaced, "replacements differ");
  }

  std::span<const std::uint8_t> script_;
  MemoryCache::Config config_;
  MemoryCache cache_;
  LruModel model_;
  WallTime now_{std::chrono::seconds(1'700'000'000)};
};

}  // namespace refrain::testing
