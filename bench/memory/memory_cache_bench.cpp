/// @file
/// What a look-up in memory costs, beside two others in the same run:
///
/// - `Textbook`: `std::unordered_map`, `std::list` and one mutex, exact LRU without a time to live.
/// - `Floor`: a `boost::unordered_flat_map` without lock, order, bounds or time: no cache at all.
///
/// All three keep the same keys and the same values and copy an `Entry` out on a hit. Read ratios.

#include "refrain/core/mutex.h"
#include "refrain/memory/memory_cache.h"

#include <benchmark/benchmark.h>
#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <array>
#include <atomic>
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
constexpr std::size_t kZipfSteps = 2 * kKeys;
constexpr double kZipfExponent = 0.99;
constexpr WallTime kNow{std::chrono::seconds(1'700'000'000)};

class Refrain {
public:
  explicit Refrain(std::size_t max_items) : cache_(config(max_items)) {}

  std::optional<Entry> find(const CacheKey& key) { return cache_.find(key, kNow); }
  void insert(Entry entry) { cache_.insert(std::move(entry), kNow); }

private:
  static MemoryCache::Config config(std::size_t max_items) {
    MemoryCache::Config config;
    config.max_items = max_items;
    config.max_size_bytes = std::size_t{1} << 40;
    return config;
  }

  MemoryCache cache_;
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
  static const std::vector<CacheKey> kMade = [] {
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
  return kMade;
}

/// The order in which the uniform runs ask. A copy of the keys, since in a service the key was just
/// computed: fetching it is no part of the look-up.
const std::vector<CacheKey>& shuffled_keys() {
  static const std::vector<CacheKey> kMade = [] {
    std::vector<CacheKey> made = keys();
    std::shuffle(made.begin(), made.end(), std::mt19937_64(2));
    return made;
  }();
  return kMade;
}

/// Keys drawn with a probability of 1 / rank^0.99, as they come in.
const std::vector<CacheKey>& zipf_keys() {
  static const std::vector<CacheKey> kMade = [] {
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
  return kMade;
}

Entry make_entry(const CacheKey& key) {
  static const std::string kBody(kBodyBytes, 'b');
  EntryMetadata metadata;
  metadata.key = key;
  metadata.created = kNow;
  metadata.fresh_until = kNow + std::chrono::hours(1);
  metadata.usable_until = kNow + std::chrono::hours(2);
  return Entry::make(metadata, "application/json", kBody);
}

/// The values of all full caches: made once, since each cache only points to them.
const std::vector<Entry>& entries() {
  static const std::vector<Entry> kMade = [] {
    std::vector<Entry> made;
    made.reserve(kKeys);
    for (const CacheKey& key : keys())
      made.push_back(make_entry(key));
    return made;
  }();
  return kMade;
}

// A benchmark's function is called several times, by each thread of a run: the caches below are
// made by the first call and stay.

template <class Cache>
Cache& full_cache() {
  static const std::unique_ptr<Cache> kCache = [] {
    // Larger than needed: a shard that gets more than its part of the keys would evict.
    auto cache = std::make_unique<Cache>(kKeys + kKeys / 4);
    for (const Entry& entry : entries())
      cache->insert(entry);
    return cache;
  }();
  return *kCache;
}

template <class Cache>
bool find_or_insert(Cache& cache, const CacheKey& key) {
  if (const std::optional<Entry> found = cache.find(key)) return found->body().front() == 'b';
  cache.insert(make_entry(key));
  return false;
}

template <class Cache>
Cache& zipf_cache() {
  static const std::unique_ptr<Cache> kCache = [] {
    auto cache = std::make_unique<Cache>(kZipfCapacity);
    for (std::size_t i = 0; i < kZipfSteps / 2; ++i)
      find_or_insert(*cache, zipf_keys()[i]);
    return cache;
  }();
  return *kCache;
}

/// Somewhere else for each thread of each run: asking the same keys again would only hit.
std::size_t next_start(std::size_t steps) {
  static std::atomic<std::size_t> calls{0};
  return (1 + calls++) * (steps / 7 * 3) % steps;
}

/// Every key is there; each is asked for equally often.
template <class Cache>
void uniform_hit(benchmark::State& state) {
  const std::vector<CacheKey>& asked = shuffled_keys();
  Cache& cache = full_cache<Cache>();
  std::size_t next = next_start(asked.size());
  std::int64_t hits = 0;

  for (auto _ : state) {
    const std::optional<Entry> found = cache.find(asked[next]);
    if (found && found->body().front() == 'b') ++hits;
    if (++next == asked.size()) next = 0;
  }

  if (hits != state.iterations()) state.SkipWithError("a key was missed");
  state.SetItemsProcessed(state.iterations());
}

/// A tenth of the keys fits; a missed key is made and inserted.
template <class Cache>
void zipf_insert_on_miss(benchmark::State& state) {
  const std::vector<CacheKey>& asked = zipf_keys();
  Cache& cache = zipf_cache<Cache>();
  std::size_t next = next_start(asked.size());
  std::int64_t hits = 0;

  for (auto _ : state) {
    if (find_or_insert(cache, asked[next])) ++hits;
    if (++next == asked.size()) next = 0;
  }

  state.SetItemsProcessed(state.iterations());
  state.counters["hit_ratio"] =
      benchmark::Counter(static_cast<double>(hits) / static_cast<double>(state.iterations()),
                         benchmark::Counter::kAvgThreads);
}

BENCHMARK(uniform_hit<Floor>);
BENCHMARK(uniform_hit<Textbook>)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(uniform_hit<Refrain>)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(zipf_insert_on_miss<Textbook>)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(zipf_insert_on_miss<Refrain>)->Threads(1)->Threads(2)->UseRealTime();

}  // namespace
}  // namespace refrain
