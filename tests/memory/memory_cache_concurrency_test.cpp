#include "refrain/memory/memory_cache.h"

#include "support/manual_clock.h"
#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace refrain::testing {
namespace {

constexpr unsigned kThreads = 4;
constexpr unsigned kKeys = 64;

std::vector<CacheKey> keys() {
  std::vector<CacheKey> keys;
  keys.reserve(kKeys);
  for (unsigned i = 0; i < kKeys; ++i)
    keys.push_back(sample_key(std::to_string(i)));
  return keys;
}

/// Everything that several threads may do at once, and what they found that they should not have.
class Crowd {
public:
  explicit Crowd(const MemoryCache::Config& config) : cache_(config) {}

  void run() {
    std::vector<std::jthread> threads;
    threads.reserve(kThreads);
    for (unsigned i = 0; i < kThreads; ++i)
      threads.emplace_back([this, i] { work(i); });
  }

  [[nodiscard]] const MemoryCache& cache() const { return cache_; }
  [[nodiscard]] std::int64_t lookups() const { return lookups_; }
  [[nodiscard]] int wrong_answers() const { return wrong_answers_; }

private:
  static constexpr int kRounds = 20;
  static constexpr int kStepsPerRound = 500;

  void work(unsigned seed) {
    std::mt19937 random(seed);
    for (int round = 0; round < kRounds; ++round) {
      barrier_.arrive_and_wait();
      for (int i = 0; i < kStepsPerRound; ++i)
        step(random);
    }
  }

  void step(std::mt19937& random) {
    const auto number = static_cast<unsigned>(random() % kKeys);
    const CacheKey key = keys_[number];
    const auto choice = static_cast<unsigned>(random() % 1000);
    if (choice < 600) {
      find(key, number);
    } else if (choice < 900) {
      cache_.insert(sample_entry(key, clock_.now(), std::to_string(number)), clock_.now());
    } else if (choice < 950) {
      cache_.erase(key);
    } else if (choice < 970) {
      cache_.sweep(clock_.now(), 100);
    } else if (choice < 980) {
      clock_.advance(std::chrono::minutes(5));
    } else if (choice < 998) {
      if (cache_.stats().items < 0) ++wrong_answers_;
    } else {
      cache_.clear();
    }
  }

  void find(CacheKey key, unsigned number) {
    ++lookups_;
    const std::optional<Entry> found = cache_.find(key, clock_.now());
    if (found && found->body() != std::to_string(number)) ++wrong_answers_;
  }

  MemoryCache cache_;
  const std::vector<CacheKey> keys_ = keys();
  ManualClock clock_;
  std::barrier<> barrier_{kThreads};
  std::atomic<std::int64_t> lookups_{0};
  std::atomic<int> wrong_answers_{0};
};

void expect_right(const Crowd& crowd) {
  const TierStats stats = crowd.cache().stats();
  EXPECT_EQ(crowd.wrong_answers(), 0);
  EXPECT_EQ(stats.hits + stats.misses, crowd.lookups());
  EXPECT_EQ(stats.insertions - stats.removals.total(), stats.items);
  EXPECT_GT(stats.hits, 0);
  EXPECT_NO_THROW(crowd.cache().check_invariants());
}

TEST(MemoryCacheConcurrency, StaysRightWhenThreadsShareOneShard) {
  MemoryCache::Config config;
  config.max_items = kKeys / 2;
  Crowd crowd(config);

  crowd.run();

  expect_right(crowd);
  EXPECT_GT(crowd.cache().stats().removals.capacity, 0);
}

TEST(MemoryCacheConcurrency, StaysRightWhenThreadsShareManyShards) {
  MemoryCache::Config config;
  config.max_items = 1'000'000;
  config.max_size_bytes = std::size_t{1} << 30;
  Crowd crowd(config);

  crowd.run();

  expect_right(crowd);
}

}  // namespace
}  // namespace refrain::testing
