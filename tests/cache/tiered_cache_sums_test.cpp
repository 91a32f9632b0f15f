// The sums of the statistics, after thousands of random operations on tiers and generators that
// fail at random, in one loop and in four.

#include "refrain/cache/tiered_cache.h"

#include "cache/tiered_cache_rig.h"
#include "cache/tiered_cache_tally.h"

#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace refrain::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Random choices with a fixed seed.
class Dice {
public:
  explicit Dice(unsigned seed) : random_(seed) {}

  unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }
  bool one_in(unsigned times) { return below(times) == 0; }

  CacheKey key() { return sample_key(std::to_string(below(12))); }

  CacheDirectives directives() {
    CacheDirectives directives;
    directives.no_cache = one_in(8);
    directives.no_store = one_in(8);
    directives.only_if_cached = one_in(8);
    if (one_in(4)) directives.max_age = seconds(below(40));
    return directives;
  }

  FakeGenerator::Outcome outcome() {
    constexpr std::array kOutcomes{FakeGenerator::Outcome::kError,
                                   FakeGenerator::Outcome::kThrow,
                                   FakeGenerator::Outcome::kThrowNoException};
    return one_in(4) ? kOutcomes[below(3)] : FakeGenerator::Outcome::kAnswer;
  }

  void upset(FlakyTier& tier) {
    using Operation = FlakyTier::Operation;
    for (const Operation operation : {Operation::kFindNow,
                                      Operation::kFind,
                                      Operation::kInsert,
                                      Operation::kInsertNow,
                                      Operation::kErase,
                                      Operation::kEraseNow,
                                      Operation::kClear})
      tier.set_failing(operation, one_in(5));
    tier.set_available(!one_in(6));
    tier.set_refusing(one_in(6));
    tier.set_giving_files(one_in(2));
  }

private:
  std::mt19937 random_;
};

Task<void> get_and_note(TieredCache& cache,
                        Tally& tally,
                        CacheKey key,
                        CacheDirectives directives,
                        Generator generate) {
  const Result<Answer> answer = co_await cache.get_or_generate(key, directives, generate);
  tally.note(answer, key, directives);
}

Task<void> find_and_note(TieredCache& cache,
                         Tally& tally,
                         CacheKey key,
                         CacheDirectives directives,
                         BodyPlace place) {
  TieredCache::Probe probe = cache.probe(key, directives, place);
  if (probe.answer()) {
    tally.note(*probe.answer(), key);
    co_return;
  }
  const std::optional<Answer> found = co_await cache.find(std::move(probe));
  if (found) {
    tally.note(*found, key);
  } else {
    ++tally.miss;
  }
}

Task<void> forget(TieredCache& cache, Dice& dice) {
  // Failures are part of the game; the statistics are what is judged.
  if (dice.one_in(10)) {
    static_cast<void>(co_await cache.clear());
  } else if (dice.one_in(4)) {
    co_await cache.sweep();
  } else {
    static_cast<void>(co_await cache.erase(dice.key()));
  }
}

/// Dice outlive the task: they are the test's, or the worker's own loop's.
Task<void> one_random_operation(TieredCache& cache, Tally& tally, FakeGenerator& fake, Dice& dice) {
  const CacheKey key = dice.key();
  const CacheDirectives directives = dice.directives();
  if (dice.one_in(12)) {
    co_await forget(cache, dice);
  } else if (dice.one_in(6)) {
    const BodyPlace place = dice.one_in(2) ? BodyPlace::kMemory : BodyPlace::kMemoryOrFile;
    co_await find_and_note(cache, tally, key, directives, place);
  } else {
    Generator generate = fake.generator(dice.outcome());
    co_await get_and_note(cache, tally, key, directives, generate);
  }
}

Task<void> many_random_operations(TieredCache& cache,
                                  Tally& tally,
                                  FakeGenerator& fake,
                                  Dice& dice,
                                  int operations) {
  for (int i = 0; i < operations; ++i)
    co_await one_random_operation(cache, tally, fake, dice);
}

/// A seed and a list of tiers: `m` is immediate, `r` asynchronous and shared.
struct Game {
  unsigned seed;
  const char* tiers;
};

class TieredCacheSumsTest : public TieredCacheRig, public ::testing::WithParamInterface<Game> {
protected:
  TieredCacheSumsTest() {
    config.freshness.ttl = seconds(20);
    config.freshness.stale = seconds(20);
    config.max_generations = 3;
    config.max_entry_bytes = 11;  // "answer 9999" is stored, "answer 10000" is not
    for (const char kind : std::string(GetParam().tiers)) {
      const std::string name = kind + std::to_string(flaky.size());
      flaky.push_back(
          &add_tier(name, kind == 'm' ? Mode::kImmediate : Mode::kAsynchronous, kind == 'r'));
    }
  }

  std::vector<FlakyTier*> flaky;
  Tally tally;
};

TEST_P(TieredCacheSumsTest, HoldAfterThousandsOfRandomOperations) {
  Dice dice(GetParam().seed);
  TieredCache& shared = cache();
  for (int batch = 0; batch < 1500; ++batch) {
    fake.takes_a_turn = dice.one_in(2);
    fake.duration = milliseconds(dice.below(50));
    for (FlakyTier* tier : flaky) {
      if (dice.one_in(4)) dice.upset(*tier);
    }
    const unsigned at_once = 1 + dice.below(8);
    for (unsigned i = 0; i < at_once; ++i)
      boost::asio::co_spawn(loop.get_executor(),
                            one_random_operation(shared, tally, fake, dice),
                            boost::asio::detached);
    loop.restart();
    loop.run();
    if (dice.one_in(3)) clock.advance(milliseconds(dice.below(15'000)));
    if (batch % 100 == 99) tally.expect_equal(shared, flaky, fake.calls());
  }

  EXPECT_GT(tally.hit + tally.stale + tally.miss + tally.bypass, 4000);
}

INSTANTIATE_TEST_SUITE_P(Lists,
                         TieredCacheSumsTest,
                         ::testing::Values(Game{1, ""},
                                           Game{2, "m"},
                                           Game{3, "r"},
                                           Game{4, "mr"},
                                           Game{5, "rm"},
                                           Game{6, "mrr"},
                                           Game{7, "mmr"},
                                           Game{8, "rmr"}));

class TieredCacheThreadsTest : public TieredCacheRig {};

TEST_F(TieredCacheThreadsTest, FourLoopsInFourThreadsLeaveTheSumsRight) {
  constexpr unsigned kThreads = 4;
  constexpr unsigned kTasks = 8;
  constexpr int kOperations = 120;
  std::vector<FlakyTier*> flaky{&add_tier("memory"), &add_tier("redis", Mode::kAsynchronous, true)};
  config.freshness.ttl = seconds(2);
  config.freshness.stale = seconds(2);
  config.max_generations = 4;
  fake.takes_a_turn = true;
  fake.duration = milliseconds(10);  // each generation ages what there is
  flaky[1]->set_failing(Operation::kInsert, true);
  TieredCache& shared = cache();
  Tally tally;

  std::vector<std::unique_ptr<boost::asio::io_context>> loops;
  std::vector<Dice> dice;
  for (unsigned i = 0; i < kThreads; ++i) {
    loops.push_back(std::make_unique<boost::asio::io_context>(1));
    dice.emplace_back(100 + i);
  }
  for (unsigned i = 0; i < kThreads * kTasks; ++i)
    boost::asio::co_spawn(
        loops[i % kThreads]->get_executor(),
        many_random_operations(shared, tally, fake, dice[i % kThreads], kOperations),
        boost::asio::detached);
  {
    std::vector<std::jthread> threads;
    for (const auto& own : loops)
      threads.emplace_back([&own] { own->run(); });
  }

  tally.expect_equal(shared, {flaky[0], flaky[1]}, fake.calls());
  EXPECT_GT(tally.hit + tally.stale + tally.miss + tally.bypass, 3000);
  EXPECT_GT(tally.coalesced, 0);
}

}  // namespace
}  // namespace refrain::testing
