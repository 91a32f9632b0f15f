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
constexpr std::size_t kMebi = std::size_t{1} << 20;

std::vector<CacheKey> keys() {
  std::vector<CacheKey> keys;
  keys.reserve(kKeys);
  for (unsigned i = 0; i < kKeys; ++i)
    keys.push_back(sample_key(std::to_string(i)));
  return keys;
}

std::vector<Entry> entries(WallTime now) {
  std::vector<Entry> entries;
  entries.reserve(kKeys);
  for (unsigned i = 0; i < kKeys; ++i)
    entries.push_back(sample_entry(
        sample_key(std::to_string(i)), now + std::chrono::hours(1000), std::to_string(i)));
  return entries;
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

  /// From now on the crowd also changes the limits: items from `fewest` to below `most`.
  void resize_between(std::size_t fewest, std::size_t most) {
    fewest_items_ = fewest;
    most_items_ = most;
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
    } else if (choice < 800) {
      cache_.insert(sample_entry(key, clock_.now(), std::to_string(number)), clock_.now());
    } else if (choice < 900) {
      // One that may be there already, or just be leaving.
      cache_.insert(shared_[number], clock_.now());
    } else if (choice < 950) {
      cache_.erase(key);
    } else if (choice < 970) {
      cache_.sweep(clock_.now(), 100);
    } else if (choice < 980) {
      clock_.advance(std::chrono::minutes(5));
    } else if (choice < 988) {
      resize(random());
    } else if (choice < 998) {
      if (cache_.stats().items < 0) ++wrong_answers_;
    } else {
      cache_.clear();
    }
  }

  void resize(std::size_t chance) {
    if (most_items_ == 0) return;
    cache_.set_limits(fewest_items_ + chance % (most_items_ - fewest_items_),
                      kMebi + chance % kMebi);
  }

  void find(CacheKey key, unsigned number) {
    ++lookups_;
    const std::optional<Entry> found = cache_.find(key, clock_.now());
    if (found && found->body() != std::to_string(number)) ++wrong_answers_;
  }

  MemoryCache cache_;
  const std::vector<CacheKey> keys_ = keys();
  ManualClock clock_;
  const std::vector<Entry> shared_ = entries(clock_.now());
  std::size_t fewest_items_ = 0;
  std::size_t most_items_ = 0;
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

class MemoryCacheConcurrency : public ::testing::TestWithParam<PolicyKind> {};

TEST_P(MemoryCacheConcurrency, StaysRightWhenThreadsShareOneShard) {
  MemoryCache::Config config;
  config.policy = GetParam();
  config.max_items = kKeys / 2;
  Crowd crowd(config);

  crowd.run();

  expect_right(crowd);
  EXPECT_GT(crowd.cache().stats().removals.capacity, 0);
}

TEST_P(MemoryCacheConcurrency, StaysRightWhileItsLimitsChange) {
  MemoryCache::Config config;
  config.policy = GetParam();
  config.max_items = kKeys / 2;
  config.max_size_bytes = kMebi;
  Crowd crowd(config);
  crowd.resize_between(1, kKeys);

  crowd.run();

  expect_right(crowd);
}

TEST_P(MemoryCacheConcurrency, StaysRightWhenThreadsShareManyShards) {
  MemoryCache::Config config;
  config.policy = GetParam();
  config.max_items = 1'000'000;
  config.max_size_bytes = std::size_t{1} << 30;
  Crowd crowd(config);

  crowd.run();

  expect_right(crowd);
}

// A look-up that finds something too old retires it, and who retires much waits for all look-ups
// that began earlier: itself must not be one of them.
TEST_P(MemoryCacheConcurrency, ALookUpThatDropsALargeEntryDoesNotWaitForItself) {
  constexpr int kRounds = 300;
  MemoryCache::Config config;
  config.policy = GetParam();
  config.max_size_bytes = 64 * kMebi;
  MemoryCache cache(config);
  const WallTime now = ManualClock().now();
  const WallTime later = now + std::chrono::hours(2);
  std::atomic<bool> is_over{false};
  std::jthread others([&] {
    while (!is_over)
      cache.sweep(now, 1);
  });

  const Entry large = sample_entry(sample_key("large"), now, std::string(3 * kMebi, 'x'));
  for (int i = 0; i < kRounds; ++i) {
    cache.insert(large, now);
    EXPECT_FALSE(cache.find(large.key(), later).has_value());
  }
  is_over = true;
  others.join();

  EXPECT_EQ(cache.stats().removals.expired, kRounds);
  EXPECT_NO_THROW(cache.check_invariants());
}

INSTANTIATE_TEST_SUITE_P(Kinds,
                         MemoryCacheConcurrency,
                         ::testing::ValuesIn(kPolicyKinds),
                         [](const auto& info) { return std::string(name_of(info.param)); });

}  // namespace
}  // namespace refrain::testing
