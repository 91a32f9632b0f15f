/// @file
/// What a memory cache promises whatever it chooses to evict.

#include "refrain/memory/memory_cache.h"

#include "support/manual_clock.h"
#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace refrain::testing {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::size_t kMebi = std::size_t{1} << 20;

class MemoryCachePolicies : public ::testing::TestWithParam<PolicyKind> {
protected:
  [[nodiscard]] static MemoryCache::Config config_of(std::size_t max_items,
                                                     std::size_t max_size_bytes) {
    MemoryCache::Config config;
    config.max_items = max_items;
    config.max_size_bytes = max_size_bytes;
    config.policy = GetParam();
    return config;
  }

  [[nodiscard]] Entry entry(std::string_view name, std::string_view body = "body") const {
    return sample_entry(sample_key(name), clock_.now(), body);
  }
  InsertOutcome insert(MemoryCache& cache, const Entry& entry) const {
    return cache.insert(entry, clock_.now());
  }
  [[nodiscard]] std::string body(MemoryCache& cache, std::string_view name) const {
    const std::optional<Entry> found = cache.find(sample_key(name), clock_.now());
    return found ? std::string(found->body()) : "nothing";
  }
  void fill(MemoryCache& cache, int count) const {
    for (int i = 0; i < count; ++i)
      insert(cache, entry(std::to_string(i), std::to_string(i)));
  }

  ManualClock clock_;
};

TEST_P(MemoryCachePolicies, AllIsFoundWhileThereIsRoom) {
  MemoryCache cache(config_of(500, 4 * kMebi));

  fill(cache, 500);

  for (int i = 0; i < 500; ++i)
    EXPECT_EQ(body(cache, std::to_string(i)), std::to_string(i));
  EXPECT_EQ(cache.stats().removals.total(), 0);
  EXPECT_EQ(cache.stats().hits, 500);
  cache.check_invariants();
}

TEST_P(MemoryCachePolicies, ANewerEntryTakesTheKey) {
  MemoryCache cache(config_of(10, 4 * kMebi));
  insert(cache, entry("a", "older"));

  insert(cache, entry("a", "newer"));

  EXPECT_EQ(body(cache, "a"), "newer");
  EXPECT_EQ(cache.stats().items, 1);
}

TEST_P(MemoryCachePolicies, WhatIsErasedClearedOrOverIsGone) {
  MemoryCache cache(config_of(10, 4 * kMebi));
  fill(cache, 4);

  EXPECT_TRUE(cache.erase(sample_key("0")));
  EXPECT_FALSE(cache.erase(sample_key("0")));
  EXPECT_EQ(body(cache, "0"), "nothing");
  clock_.advance(hours(2));
  EXPECT_EQ(body(cache, "1"), "nothing");
  fill(cache, 4);
  cache.clear();
  EXPECT_EQ(body(cache, "2"), "nothing");

  EXPECT_EQ(cache.stats().items, 0);
  cache.check_invariants();
}

TEST_P(MemoryCachePolicies, AFullCacheStaysFull) {
  MemoryCache cache(config_of(100, 4 * kMebi));

  fill(cache, 1000);

  EXPECT_EQ(cache.stats().items, 100);
  EXPECT_EQ(cache.stats().removals.capacity, 900);
}

TEST_P(MemoryCachePolicies, WhatIsUsedOftenOutlivesWhatIsUsedOnce) {
  MemoryCache cache(config_of(100, 4 * kMebi));
  insert(cache, entry("often"));

  for (int i = 0; i < 1000; ++i) {
    if (body(cache, "often") == "nothing") insert(cache, entry("often"));
    insert(cache, entry(std::to_string(i)));
  }

  EXPECT_GT(cache.stats().hits, 950);
}

TEST_P(MemoryCachePolicies, OneEntryInTwoCachesStaysRightInBoth) {
  MemoryCache first(config_of(10, 4 * kMebi));
  MemoryCache second(config_of(10, 4 * kMebi));
  const Entry shared = entry("shared", "of both");

  insert(first, shared);
  insert(second, shared);
  first.check_invariants();
  second.check_invariants();
  first.erase(sample_key("shared"));

  EXPECT_EQ(body(first, "shared"), "nothing");
  EXPECT_EQ(body(second, "shared"), "of both");
  fill(first, 20);
  insert(first, shared);
  fill(second, 100);
  EXPECT_EQ(shared.body(), "of both");
  first.check_invariants();
  second.check_invariants();
}

TEST_P(MemoryCachePolicies, AnEntryThatIsThereMayBeInsertedAgain) {
  MemoryCache cache(config_of(10, 4 * kMebi));
  const Entry twice = entry("twice", "again");

  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(insert(cache, twice), InsertOutcome::kStored);

  EXPECT_EQ(body(cache, "twice"), "again");
  EXPECT_EQ(cache.stats().items, 1);
  EXPECT_EQ(cache.stats().removals.replaced, 2);
  cache.check_invariants();
}

TEST_P(MemoryCachePolicies, AnEntryThatLeftOneCacheMovesToAnotherWithoutACopy) {
  MemoryCache first(config_of(10, 4 * kMebi));
  MemoryCache second(config_of(10, 4 * kMebi));
  const Entry moving = entry("moving");
  insert(first, moving);
  first.erase(sample_key("moving"));

  insert(second, moving);

  const std::optional<Entry> found = second.find(sample_key("moving"), clock_.now());
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->body().data(), moving.body().data());
}

TEST_P(MemoryCachePolicies, AForecastCountsItsBytesAndChangesNoCount) {
  MemoryCache::Config config = config_of(1000, 4 * kMebi);
  MemoryCache with(config);
  config.has_forecast = false;
  MemoryCache without(config);

  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const std::string name = std::to_string(std::min(random() % 900, random() % 900));
    for (MemoryCache* cache : {&with, &without})
      if (body(*cache, name) == "nothing") insert(*cache, entry(name));
  }

  EXPECT_EQ(with.stats().hits, without.stats().hits);
  EXPECT_EQ(with.stats().misses, without.stats().misses);
  EXPECT_EQ(with.stats().items, without.stats().items);
  if (GetParam() != PolicyKind::kAdaptive)
    EXPECT_GT(with.stats().memory->overhead_bytes, without.stats().memory->overhead_bytes);
  EXPECT_LE(with.stats().size_bytes + with.stats().memory->overhead_bytes,
            with.stats().max_size_bytes);
}

/// Random calls, and after each of them a look at the limits.
class RandomCalls {
public:
  explicit RandomCalls(const MemoryCache::Config& config) : cache_(config) {}

  void step() {
    const CacheKey key = sample_key(std::to_string(random_() % 400));
    const auto choice = static_cast<unsigned>(random_() % 1000);
    if (choice < 500) {
      if (cache_.find(key, clock_.now())) return;
    }
    if (choice < 930) {
      cache_.insert(sample_entry(key, clock_.now(), std::string(size(), 'x')), clock_.now());
    } else if (choice < 960) {
      cache_.erase(key);
    } else if (choice < 980) {
      clock_.advance(minutes(1));
    } else if (choice < 990) {
      cache_.sweep(clock_.now(), 20);
    } else if (choice < 999) {
      cache_.set_limits(random_() % 300, kMebi / 2 + random_() % kMebi);
    } else {
      cache_.clear();
    }
  }

  void expect_within_limits() const {
    const TierStats stats = cache_.stats();
    ASSERT_LE(stats.items, stats.max_items);
    ASSERT_LE(stats.size_bytes, stats.max_size_bytes);
    ASSERT_EQ(stats.insertions - stats.removals.total(), stats.items);
    ASSERT_NO_THROW(cache_.check_invariants());
  }

private:
  std::size_t size() { return random_() % 10 == 0 ? random_() % (kMebi / 2) : random_() % 5000; }

  MemoryCache cache_;
  ManualClock clock_;
  std::mt19937 random_{1};
};

TEST_P(MemoryCachePolicies, TheLimitsHoldAfterEveryCall) {
  RandomCalls calls(config_of(200, kMebi));

  for (int i = 0; i < 4000; ++i) {
    calls.step();
    ASSERT_NO_FATAL_FAILURE(calls.expect_within_limits()) << i;
  }
}

TEST_P(MemoryCachePolicies, ATinyCacheHoldsItsLimitsToo) {
  for (const std::size_t bytes : {0U, 1U, 100U, 1000U, 10'000U}) {
    MemoryCache cache(config_of(10, bytes));

    for (int i = 0; i < 50; ++i) {
      insert(cache, entry(std::to_string(i)));
      if (cache.stats().items > 0)
        EXPECT_LE(cache.stats().size_bytes, cache.stats().max_size_bytes);
    }

    EXPECT_NO_THROW(cache.check_invariants()) << bytes;
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds,
                         MemoryCachePolicies,
                         ::testing::ValuesIn(kPolicyKinds),
                         [](const auto& info) { return std::string(name_of(info.param)); });

}  // namespace
}  // namespace refrain::testing
