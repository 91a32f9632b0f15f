#include "refrain/simulator/simulation.h"

#include "refrain/simulator/synthetic_workload.h"

#include "simulator/sample_trace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <list>
#include <stdexcept>
#include <vector>

namespace refrain {
namespace {

using testing::random_keys;
using testing::simulated;
using testing::trace_of;

std::vector<PolicyKind> all_policies() {
  return {kPolicyKinds.begin(), kPolicyKinds.end()};
}

/// LRU as a textbook writes it.
std::uint64_t slow_lru_hits(const Trace& trace, CacheUnit unit, std::uint64_t capacity) {
  std::list<Trace::Request> held;
  std::uint64_t load = 0;
  std::uint64_t hits = 0;
  for (const Trace::Request& request : trace.requests()) {
    const std::uint64_t charge = unit == CacheUnit::kItems ? 1 : request.size;
    const auto found = std::find_if(held.begin(), held.end(), [&](const Trace::Request& one) {
      return one.hash == request.hash;
    });
    if (found != held.end()) {
      ++hits;
      held.splice(held.begin(), held, found);
      continue;
    }
    if (charge > capacity) continue;
    held.push_front(request);
    load += charge;
    while (load > capacity) {
      load -= unit == CacheUnit::kItems ? 1 : held.back().size;
      held.pop_back();
    }
  }
  return hits;
}

TEST(Simulation, RunsLruAsATextbookDoes) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Trace trace = trace_of(random_keys(seed, 3000, 200));
    const SimulationResult result =
        simulated(trace, CacheUnit::kItems, {1, 10, 50, 150}, {PolicyKind::kLru});
    for (std::size_t i = 0; i < result.sizes.size(); ++i)
      EXPECT_EQ(result.scores[0][i].hits, slow_lru_hits(trace, CacheUnit::kItems, result.sizes[i]));
  }
}

TEST(Simulation, RunsLruByBytesAsATextbookDoes) {
  const Trace trace = make_trace(SyntheticWorkload::kStickers, 5000, 3);

  const SimulationResult result =
      simulated(trace, CacheUnit::kBytes, {100'000, 3'000'000, 40'000'000}, {PolicyKind::kLru});

  for (std::size_t i = 0; i < result.sizes.size(); ++i)
    EXPECT_EQ(result.scores[0][i].hits, slow_lru_hits(trace, CacheUnit::kBytes, result.sizes[i]));
}

TEST(Simulation, FindsLruWithoutAHitOnALoopThatDoesNotFit) {
  std::vector<std::uint64_t> keys;
  for (std::uint64_t i = 0; i < 20'000; ++i)
    keys.push_back(i % 1000);

  const SimulationResult result =
      simulated(trace_of(keys), CacheUnit::kItems, {500, 999, 1000}, {PolicyKind::kLru});

  EXPECT_EQ(result.scores[0][0].hits, 0U);
  EXPECT_EQ(result.scores[0][1].hits, 0U);
  EXPECT_EQ(result.scores[0][2].hits, 19'000U);
  EXPECT_GT(result.optimum[1].hits, 18'900U);
}

TEST(Simulation, FindsNoPolicyAboveTheOptimum) {
  const Trace trace = make_trace(SyntheticWorkload::kZipf, 50'000, 7);

  const SimulationResult result =
      simulated(trace, CacheUnit::kItems, {10, 300, 5000}, all_policies());

  for (const std::vector<Score>& scores : result.scores) {
    for (std::size_t i = 0; i < scores.size(); ++i) {
      EXPECT_LE(scores[i].hits, result.optimum[i].hits);
      EXPECT_EQ(scores[i].requests, 50'000U);
    }
  }
}

TEST(Simulation, FindsEveryPolicyAlikeWhereAllFits) {
  const Trace trace = trace_of(random_keys(5, 5000, 100));

  const SimulationResult result =
      simulated(trace, CacheUnit::kItems, {std::uint64_t{1} << 50U}, all_policies());

  for (const std::vector<Score>& scores : result.scores)
    EXPECT_EQ(scores[0].hits, 5000 - trace.unique_keys());
  EXPECT_EQ(result.optimum[0].hits, 5000 - trace.unique_keys());
}

TEST(Simulation, FindsThatCostSavesMoreSecondsOfStickersThanLruAndS3Fifo) {
  const Trace trace = make_trace(SyntheticWorkload::kStickers, 100'000, 1);

  const SimulationResult result =
      simulated(trace,
                CacheUnit::kBytes,
                {20'000'000, 60'000'000, 200'000'000, 500'000'000},
                {PolicyKind::kLru, PolicyKind::kS3Fifo, PolicyKind::kCost, PolicyKind::kAdaptive});

  for (std::size_t i = 0; i < result.sizes.size(); ++i) {
    const double lru = result.scores[0][i].seconds_saved;
    const double s3fifo = result.scores[1][i].seconds_saved;
    EXPECT_GT(result.scores[2][i].seconds_saved, 1.02 * lru) << result.sizes[i];
    EXPECT_GT(result.scores[2][i].seconds_saved, 1.02 * s3fifo) << result.sizes[i];
    EXPECT_GT(result.scores[3][i].seconds_saved, lru) << result.sizes[i];
  }
}

TEST(Simulation, FindsTheSameWithAnyNumberOfThreads) {
  const Trace trace = make_trace(SyntheticWorkload::kStickers, 20'000, 1);
  SimulationPlan plan;
  plan.unit = CacheUnit::kBytes;
  plan.sizes = {5'000'000, 50'000'000};
  plan.policies = all_policies();
  const auto ignore = [](std::size_t, std::size_t) {
  };

  const SimulationResult alone = Simulation(trace, plan).run(ignore);
  plan.threads = 4;
  const SimulationResult together = Simulation(trace, plan).run(ignore);

  for (std::size_t row = 0; row < alone.scores.size(); ++row) {
    for (std::size_t i = 0; i < plan.sizes.size(); ++i) {
      EXPECT_EQ(alone.scores[row][i].hits, together.scores[row][i].hits);
      EXPECT_EQ(alone.scores[row][i].seconds_saved, together.scores[row][i].seconds_saved);
    }
  }
}

TEST(Simulation, TellsHowFarItHasComeUpToTheEnd) {
  const Trace trace = trace_of(random_keys(5, 70'000, 100));
  SimulationPlan plan;
  plan.sizes = {10, 20};
  plan.policies = {PolicyKind::kLru};
  std::size_t last = 0;
  std::size_t reports = 0;

  static_cast<void>(Simulation(trace, plan).run([&](std::size_t done, std::size_t all) {
    EXPECT_GE(done, last);
    EXPECT_EQ(all, 280'000U);
    last = done;
    ++reports;
  }));

  EXPECT_EQ(last, 280'000U);
  EXPECT_EQ(reports, 8U);
}

TEST(Simulation, HandsOnWhatItsThreadsThrow) {
  const Trace trace = trace_of({1, 2, 3});
  SimulationPlan plan;
  plan.sizes = {10, 20, 30, 40};
  plan.policies = all_policies();
  plan.threads = 3;

  const auto fail = [](std::size_t, std::size_t) {
    throw std::runtime_error("no memory");
  };

  EXPECT_THROW(static_cast<void>(Simulation(trace, plan).run(fail)), std::runtime_error);
}

}  // namespace
}  // namespace refrain
