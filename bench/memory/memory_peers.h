#pragma once

/// @file
/// What the memory cache is measured beside. All have the same interface: `find`, which is true for
/// a hit and reads the value's first byte while it is certain to be there, and `insert`.

#include "refrain/cache/entry.h"
#include "refrain/core/mutex.h"

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#ifdef REFRAIN_BENCH_ROCKSDB
#include <rocksdb/cache.h>
#endif

namespace refrain::bench {

/// What an afternoon gives: a hash map, a list and one mutex, exact LRU without a time to live.
class Textbook {
public:
  static constexpr const char* kName = "textbook";

  explicit Textbook(std::size_t max_items) : max_items_(max_items) {}

  bool find(const CacheKey& key, char& sink) {
    const MutexLock lock(mutex_);
    const auto position = index_.find(key);
    if (position == index_.end()) return false;
    order_.splice(order_.begin(), order_, position->second);
    const Entry found = *position->second;
    sink = static_cast<char>(sink + found.body().front());
    return true;
  }

  void insert(Entry entry) {
    const MutexLock lock(mutex_);
    const auto [position, is_new] = index_.try_emplace(entry.key());
    if (!is_new) order_.erase(position->second);
    order_.push_front(std::move(entry));
    position->second = order_.begin();
    if (index_.size() <= max_items_) return;
    index_.erase(order_.back().key());
    order_.pop_back();
  }

private:
  using Order = std::list<Entry>;

  const std::size_t max_items_;
  Mutex mutex_;
  Order order_ REFRAIN_GUARDED_BY(mutex_);
  std::unordered_map<CacheKey, Order::iterator, CacheKeyHash> index_ REFRAIN_GUARDED_BY(mutex_);
};

/// The floor: a table of tags and pointers, open addressing. No lock, no reference, no order, no
/// bounds, no time: no cache at all.
class Floor {
public:
  static constexpr const char* kName = "floor";

  explicit Floor(std::size_t max_items) : slots_(capacity_for(max_items)) {}

  bool find(const CacheKey& key, char& sink) {
    const std::uint64_t hash = key.hash() | 1U;
    for (std::size_t i = hash >> 20U;; ++i) {
      const Slot& slot = slots_[i & (slots_.size() - 1)];
      if (slot.tag == 0) return false;
      if (slot.tag != hash || slot.value->key != key) continue;
      sink = static_cast<char>(sink + slot.value->body[0]);
      return true;
    }
  }

  void insert(const Entry& entry) {
    const std::uint64_t hash = entry.key().hash() | 1U;
    for (std::size_t i = hash >> 20U;; ++i) {
      Slot& slot = slots_[i & (slots_.size() - 1)];
      if (slot.tag != 0 && slot.tag != hash) continue;
      slot = {hash, Value::make(entry)};
      return;
    }
  }

private:
  /// One allocation: the key, and the body behind it.
  struct Value {
    struct Free {
      void operator()(Value* value) const { ::operator delete(value); }
    };
    using Pointer = std::unique_ptr<Value, Free>;

    static Pointer make(const Entry& entry) {
      void* memory = ::operator new(sizeof(Value) + entry.body().size());
      Pointer value(new (memory) Value{entry.key(), {}});
      entry.body().copy(value->body, entry.body().size());
      return value;
    }

    CacheKey key;
    char body[1];
  };
  struct Slot {
    std::uint64_t tag = 0;
    Value::Pointer value;
  };

  static std::size_t capacity_for(std::size_t items) {
    std::size_t capacity = 64;
    while (capacity < items * 2)
      capacity *= 2;
    return capacity;
  }

  std::vector<Slot> slots_;
};

#ifdef REFRAIN_BENCH_ROCKSDB
/// RocksDB's HyperClockCache: lock-free, a generalised CLOCK. Its keys are sixteen bytes.
class HyperClock {
public:
  static constexpr const char* kName = "HyperClockCache";

  explicit HyperClock(std::size_t max_items) {
    rocksdb::HyperClockCacheOptions options(max_items, 1, 4, false);
    options.metadata_charge_policy = rocksdb::kDontChargeCacheMetadata;
    cache_ = options.MakeSharedCache();
  }

  bool find(const CacheKey& key, char& sink) {
    auto* handle = cache_->Lookup(slice(key));
    if (handle == nullptr) return false;
    const auto* entry = static_cast<const Entry*>(cache_->Value(handle));
    sink = static_cast<char>(sink + entry->body().front());
    cache_->Release(handle);
    return true;
  }

  void insert(Entry entry) {
    const CacheKey key = entry.key();
    auto kept = std::make_unique<Entry>(std::move(entry));
    const auto status = cache_->Insert(slice(key), kept.release(), 1, &free);
    static_cast<void>(status);  // an entry that does not fit is freed by the cache
  }

private:
  static rocksdb::Slice slice(const CacheKey& key) {
    return {reinterpret_cast<const char*>(key.digest().data()), 16};
  }
  static void free(const rocksdb::Slice& /*key*/, void* value) {
    const std::unique_ptr<Entry> last(static_cast<Entry*>(value));
  }

  std::shared_ptr<rocksdb::Cache> cache_;
};
#endif

}  // namespace refrain::bench
