/// @file
/// What a look-up in memory costs, beside two others in the same run:
///
/// - `Textbook`: `std::unordered_map`, `std::list` and one mutex, exact LRU without a time to live.
/// - `Floor`: a `boost::unordered_flat_map` without lock, order, bounds or time: no cache at all.
///
/// All three keep the same keys and the same values and copy an `Entry` out on a hit. Read ratios.

#include "refrain/core/mutex.h"
#include "refrain/memory/memory_lru_cache.h"

#include <benchmark/benchmark.h>
#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <list>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace refrain {
namespace {

#ifdef NDEBUG
constexpr std::size_t kKeys = 1'000'000;
#else
// A build with assertions measures nothing: it only shows that this program runs.
constexpr std::size_t kKeys = 20'000;
#endif
constexpr std::size_t kBodyBytes = 300;
constexpr std::size_t kZipfCapacity = kKeys / 10;
constexpr std::size_t kZipfSteps = 4 * kKeys;
constexpr double kZipfExponent = 0.99;
constexpr WallTime kNow{std::chrono::seconds(1'700'000'000)};

class Refrain {
public:
  explicit Refrain(std::size_t max_items) : cache_(config(max_items)) {}

  std::optional<Entry> find(const CacheKey& key) { return cache_.find(key, kNow); }
  void insert(Entry entry) { cache_.insert(std::move(entry), kNow); }

private:
  static MemoryLruCache::Config config(std::size_t max_items) {
    MemoryLruCache::Config config;
    config.max_items = max_items;
    config.max_size_bytes = std::size_t{1} << 40;
    return config;
  }

  MemoryLruCache cache_;
};

class Textbook {
public:
  explicit Textbook(std::size_t max_items) : max_items_(max_items) {}

  std::optional<Entry> find(const CacheKey& key) {
    const MutexLock lock(mutex_);
    const auto position = index_.find(key);
    if (position == index_.end()) return std::nullopt;
    order_.splice(order_.begin(), order_, position->second);
    return *position->second;
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

class Floor {
public:
  explicit Floor(std::size_t max_items) { entries_.reserve(max_items); }

  std::optional<Entry> find(const CacheKey& key) {
    const auto position = entries_.find(key);
    if (position == entries_.end()) return std::nullopt;
    return position->second;
  }

  void insert(Entry entry) {
    const CacheKey key = entry.key();
    entries_.insert_or_assign(key, std::move(entry));
  }

private:
  boost::unordered_flat_map<CacheKey, Entry, CacheKeyHash> entries_;
};

/// Keys in the order of their rank, as uniform as a digest.
const std::vector<CacheKey>& keys() {
  static const std::vector<CacheKey> keys = [] {
    std::mt19937_64 random(1);
    std::vector<CacheKey> made;
    made.reserve(kKeys);
    for (std::size_t i = 0; i < kKeys; ++i) {
      std::array<std::uint64_t, 4> words{random(), random(), random(), random()};
      std::array<std::uint8_t, CacheKey::kSize> digest{};
      std::memcpy(digest.data(), words.data(), digest.size());
      made.emplace_back(digest);
    }
    return made;
  }();
  return keys;
}

/// The order in which the uniform runs ask. A copy of the keys, since in a service the key was just
/// computed: fetching it is no part of the look-up.
const std::vector<CacheKey>& shuffled_keys() {
  static const std::vector<CacheKey> shuffled = [] {
    std::vector<CacheKey> made = keys();
    std::shuffle(made.begin(), made.end(), std::mt19937_64(2));
    return made;
  }();
  return shuffled;
}

/// Keys drawn with a probability of 1 / rank^0.99, as they come in.
const std::vector<CacheKey>& zipf_keys() {
  static const std::vector<CacheKey> drawn = [] {
    std::vector<double> cumulative;
    cumulative.reserve(kKeys);
    double sum = 0;
    for (std::size_t rank = 1; rank <= kKeys; ++rank) {
      sum += 1 / std::pow(static_cast<double>(rank), kZipfExponent);
      cumulative.push_back(sum);
    }
    std::mt19937_64 random(3);
    std::uniform_real_distribution<double> anywhere(0, sum);
    std::vector<CacheKey> made;
    made.reserve(kZipfSteps);
    while (made.size() < kZipfSteps) {
      const auto at = std::lower_bound(cumulative.begin(), cumulative.end() - 1, anywhere(random));
      made.push_back(keys()[static_cast<std::size_t>(at - cumulative.begin())]);
    }
    return made;
  }();
  return drawn;
}

Entry make_entry(const CacheKey& key) {
  static const std::string body(kBodyBytes, 'b');
  EntryMetadata metadata;
  metadata.key = key;
  metadata.created = kNow;
  metadata.fresh_until = kNow + std::chrono::hours(1);
  metadata.usable_until = kNow + std::chrono::hours(2);
  return Entry::make(metadata, "application/json", body);
}

template <class Cache>
std::unique_ptr<Cache> make_full() {
  // Somewhat larger than needed: shards of a full cache would evict.
  auto cache = std::make_unique<Cache>(kKeys + kKeys / 4);
  for (const CacheKey& key : keys())
    cache->insert(make_entry(key));
  return cache;
}

/// Every key is there; each is asked for equally often.
template <class Cache>
void uniform_hit(benchmark::State& state) {
  // One at a time is in memory, shared by the threads of a run.
  static std::unique_ptr<Cache> cache;
  if (state.thread_index() == 0) cache = make_full<Cache>();
  const std::vector<CacheKey>& asked = shuffled_keys();
  const auto threads = static_cast<std::size_t>(state.threads());
  std::size_t next = kKeys / threads * static_cast<std::size_t>(state.thread_index());
  std::size_t hits = 0;

  for (auto _ : state) {
    const std::optional<Entry> found = cache->find(asked[next]);
    if (found) hits += static_cast<std::size_t>(found->body().front() == 'b');
    if (++next == kKeys) next = 0;
  }

  if (hits != static_cast<std::size_t>(state.iterations())) state.SkipWithError("a key was missed");
  state.SetItemsProcessed(state.iterations());
  if (state.thread_index() == 0) cache.reset();
}

/// A tenth of the keys fits; a missed key is made and inserted.
template <class Cache>
void zipf_insert_on_miss(benchmark::State& state) {
  static std::unique_ptr<Cache> cache;
  const std::vector<CacheKey>& asked = zipf_keys();
  if (state.thread_index() == 0) {
    cache = std::make_unique<Cache>(kZipfCapacity);
    for (std::size_t i = 0; i < kZipfCapacity; ++i) {
      if (!cache->find(asked[i])) cache->insert(make_entry(asked[i]));
    }
  }
  const auto threads = static_cast<std::size_t>(state.threads());
  std::size_t next = kZipfSteps / threads * static_cast<std::size_t>(state.thread_index());
  std::size_t hits = 0;

  for (auto _ : state) {
    const CacheKey& key = asked[next];
    if (const std::optional<Entry> found = cache->find(key)) {
      hits += static_cast<std::size_t>(found->body().front() == 'b');
    } else {
      cache->insert(make_entry(key));
    }
    if (++next == kZipfSteps) next = 0;
  }

  state.SetItemsProcessed(state.iterations());
  state.counters["hit_ratio"] =
      benchmark::Counter(static_cast<double>(hits) / static_cast<double>(state.iterations()),
                         benchmark::Counter::kAvgThreads);
  if (state.thread_index() == 0) cache.reset();
}

BENCHMARK(uniform_hit<Floor>);
BENCHMARK(uniform_hit<Textbook>)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(uniform_hit<Refrain>)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(zipf_insert_on_miss<Textbook>)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(zipf_insert_on_miss<Refrain>)->Threads(1)->Threads(2)->UseRealTime();

}  // namespace
}  // namespace refrain
