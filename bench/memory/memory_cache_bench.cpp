/// @file
/// What a look-up in memory costs, beside others in the same run (memory_peers.h). Read ratios:
///
/// - `uniform_hit`: every key is there, each is asked for equally often.
/// - `zipf`: room for a tenth of the keys, which are asked for with a probability of 1 / rank^0.99;
///   a missed key is made and inserted.
/// - `hit_by_items`: how a hit's time grows with what the cache holds.
///
/// RocksDB's cache takes part if its library was installed when this was built.

#include "refrain/memory/memory_cache.h"

#include "memory/memory_peers.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <typeinfo>
#include <utility>
#include <vector>

namespace refrain::bench {
namespace {

#ifdef NDEBUG
constexpr std::size_t kKeys = 1'000'000;
constexpr std::int64_t kMostItems = 10'000'000;
#else
// A build with assertions measures nothing: it only shows that this program runs.
constexpr std::size_t kKeys = 20'000;
constexpr std::int64_t kMostItems = 10'000;
#endif
constexpr std::size_t kZipfSteps = 8 * kKeys;
constexpr double kZipfExponent = 0.99;
constexpr WallTime kNow{std::chrono::seconds(1'700'000'000)};

enum class Forecast : std::uint8_t { kOff, kOn };

template <PolicyKind Kind, Forecast Forecasting = Forecast::kOn>
class Refrain {
public:
  explicit Refrain(std::size_t max_items) : cache_(config(max_items)) {}

  bool find(const CacheKey& key, char& sink) {
    const std::optional<Entry> found = cache_.find(key, kNow);
    if (!found) return false;
    sink = static_cast<char>(sink + found->body().front());
    return true;
  }
  void insert(Entry entry) { cache_.insert(std::move(entry), kNow); }

private:
  static MemoryCache::Config config(std::size_t max_items) {
    MemoryCache::Config config;
    config.max_items = max_items;
    config.max_size_bytes = std::size_t{1} << 40U;
    config.policy = Kind;
    config.has_forecast = Forecasting == Forecast::kOn;
    return config;
  }

  MemoryCache cache_;
};

using Lru = Refrain<PolicyKind::kLru>;
using LruWithoutForecast = Refrain<PolicyKind::kLru, Forecast::kOff>;
using S3Fifo = Refrain<PolicyKind::kS3Fifo>;
using TinyLfu = Refrain<PolicyKind::kTinyLfu>;
using Cost = Refrain<PolicyKind::kCost>;
using Adaptive = Refrain<PolicyKind::kAdaptive>;

CacheKey random_key(std::mt19937_64& random) {
  const std::array<std::uint64_t, 4> words{random(), random(), random(), random()};
  std::array<std::uint8_t, CacheKey::kSize> digest{};
  std::memcpy(digest.data(), words.data(), digest.size());
  return CacheKey(digest);
}

/// Keys in the order of their rank, as uniform as a digest.
const std::vector<CacheKey>& keys() {
  static const std::vector<CacheKey> kMade = [] {
    std::mt19937_64 random(1);
    std::vector<CacheKey> made;
    made.reserve(kKeys);
    while (made.size() < kKeys)
      made.push_back(random_key(random));
    return made;
  }();
  return kMade;
}

/// The order in which the uniform runs ask. Copies of the keys: in a service the key was just
/// computed, and fetching it is no part of the look-up.
std::vector<CacheKey> shuffled(std::vector<CacheKey> keys) {
  std::shuffle(keys.begin(), keys.end(), std::mt19937_64(2));
  return keys;
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

Entry make_entry(const CacheKey& key, std::size_t body_bytes) {
  static const std::string kBody(30'720, 'b');
  EntryMetadata metadata;
  metadata.key = key;
  metadata.created = kNow;
  metadata.fresh_until = kNow + std::chrono::hours(1);
  metadata.usable_until = kNow + std::chrono::hours(2);
  metadata.cost = std::chrono::seconds(1);
  return Entry::make(metadata, "", std::string_view(kBody).substr(0, body_bytes));
}

// A benchmark's function is called several times, by each thread of a run. The last cache of a kind
// is kept between calls, and dropped when another is asked for: together they would not fit.

class Kept {
public:
  template <class Cache, class Make>
  static Cache& get(const std::string& name, const Make& make) {
    static std::mutex mutex;
    static std::shared_ptr<void> cache;
    static std::string present;
    const std::scoped_lock lock(mutex);
    if (present != name) {
      cache.reset();
      cache = std::shared_ptr<Cache>(make());
      present = name;
    }
    return *static_cast<Cache*>(cache.get());
  }
};

/// Somewhere else for each thread of each run: asking the same keys again would only hit.
std::size_t next_start(std::size_t steps) {
  static std::atomic<std::size_t> calls{0};
  return (1 + calls++) * (steps / 7 * 3) % steps;
}

/// As many keys as may be kept in memory with bodies of this size.
std::size_t key_count(std::size_t body_bytes) {
  return body_bytes > 1000 ? kKeys / 10 : kKeys;
}

template <class Cache>
void find_all(benchmark::State& state, Cache& cache, const std::vector<CacheKey>& asked) {
  std::size_t next = next_start(asked.size());
  std::int64_t hits = 0;
  char sink = 0;
  for (auto _ : state) {
    if (cache.find(asked[next], sink)) ++hits;
    if (++next == asked.size()) next = 0;
  }
  benchmark::DoNotOptimize(sink);
  if (hits != state.iterations()) state.SkipWithError("a key was missed");
  state.SetItemsProcessed(state.iterations());
}

template <class Cache>
std::unique_ptr<Cache> full_cache(const std::vector<CacheKey>& keys, std::size_t body_bytes) {
  // Larger than needed: a shard that gets more than its part of the keys would evict.
  auto cache = std::make_unique<Cache>(keys.size() + keys.size() / 4 + 16);
  for (const CacheKey& key : keys)
    cache->insert(make_entry(key, body_bytes));
  return cache;
}

template <class Cache>
void uniform_hit(benchmark::State& state) {
  const auto body_bytes = static_cast<std::size_t>(state.range(0));
  static std::map<std::size_t, std::vector<CacheKey>> orders;
  static std::mutex mutex;
  const std::vector<CacheKey>* asked = nullptr;
  {
    const std::scoped_lock lock(mutex);
    std::vector<CacheKey>& order = orders[body_bytes];
    const auto count = static_cast<std::ptrdiff_t>(key_count(body_bytes));
    if (order.empty()) order = shuffled({keys().begin(), keys().begin() + count});
    asked = &order;
  }
  const std::string name =
      std::string("uniform ") + typeid(Cache).name() + std::to_string(body_bytes);
  Cache& cache = Kept::get<Cache>(name, [&] { return full_cache<Cache>(*asked, body_bytes); });
  find_all(state, cache, *asked);
}

template <class Cache>
bool find_or_insert(Cache& cache, const CacheKey& key, std::size_t body_bytes, char& sink) {
  if (cache.find(key, sink)) return true;
  cache.insert(make_entry(key, body_bytes));
  return false;
}

template <class Cache>
void zipf(benchmark::State& state) {
  const auto body_bytes = static_cast<std::size_t>(state.range(0));
  const std::vector<CacheKey>& asked = zipf_keys();
  char sink = 0;
  const std::string name = std::string("zipf ") + typeid(Cache).name() + std::to_string(body_bytes);
  Cache& cache = Kept::get<Cache>(name, [&] {
    auto warm = std::make_unique<Cache>(kKeys / 10);
    for (std::size_t i = 0; i < asked.size() / 2; ++i)
      find_or_insert(*warm, asked[i], body_bytes, sink);
    return warm;
  });
  std::size_t next = next_start(asked.size());
  std::int64_t hits = 0;
  for (auto _ : state) {
    if (find_or_insert(cache, asked[next], body_bytes, sink)) ++hits;
    if (++next == asked.size()) next = 0;
  }
  benchmark::DoNotOptimize(sink);
  state.SetItemsProcessed(state.iterations());
  state.counters["hit_ratio"] =
      benchmark::Counter(static_cast<double>(hits) / static_cast<double>(state.iterations()),
                         benchmark::Counter::kAvgThreads);
}

template <class Cache>
void hit_by_items(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  std::mt19937_64 random(4);
  std::vector<CacheKey> asked;
  asked.reserve(count);
  while (asked.size() < count)
    asked.push_back(random_key(random));
  const std::unique_ptr<Cache> cache = full_cache<Cache>(asked, 16);
  find_all(state, *cache, shuffled(std::move(asked)));
}

constexpr std::int64_t kText = 300;
constexpr std::int64_t kSticker = 30'720;

void one_and_two(benchmark::internal::Benchmark* benchmark) {
  for (const std::int64_t bytes : {kText, kSticker})
    benchmark->Arg(bytes);
  benchmark->Threads(1)->Threads(2)->UseRealTime();
}

BENCHMARK(uniform_hit<Floor>)->Arg(kText)->Arg(kSticker)->UseRealTime();
BENCHMARK(uniform_hit<Lru>)->Apply(one_and_two);
BENCHMARK(uniform_hit<LruWithoutForecast>)->Arg(kText)->UseRealTime();
BENCHMARK(uniform_hit<TinyLfu>)->Arg(kText)->Threads(1)->Threads(2)->UseRealTime();
#ifdef REFRAIN_BENCH_ROCKSDB
BENCHMARK(uniform_hit<HyperClock>)->Apply(one_and_two);
#endif
BENCHMARK(uniform_hit<Textbook>)->Arg(kText)->Threads(1)->Threads(2)->UseRealTime();

BENCHMARK(zipf<Lru>)->Arg(kText)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(zipf<S3Fifo>)->Arg(kText)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(zipf<TinyLfu>)->Apply(one_and_two);
BENCHMARK(zipf<Cost>)->Arg(kText)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(zipf<Adaptive>)->Arg(kText)->Threads(1)->Threads(2)->UseRealTime();
#ifdef REFRAIN_BENCH_ROCKSDB
BENCHMARK(zipf<HyperClock>)->Apply(one_and_two);
#endif
BENCHMARK(zipf<Textbook>)->Arg(kText)->Threads(1)->Threads(2)->UseRealTime();

BENCHMARK(hit_by_items<Lru>)->RangeMultiplier(10)->Range(1000, kMostItems);

}  // namespace
}  // namespace refrain::bench
