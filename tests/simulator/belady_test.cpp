#include "refrain/simulator/belady.h"

#include "simulator/sample_trace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

namespace refrain {
namespace {

using testing::random_keys;
using testing::trace_of;

std::uint64_t hits(const Trace& trace, CacheUnit unit, std::uint64_t capacity) {
  return Belady(trace).run(unit, capacity, [](std::size_t) {}).hits;
}

/// The most hits that any cache of that many items can have, by trying every choice.
std::uint64_t most_hits(const std::vector<std::uint64_t>& keys, std::size_t capacity) {
  std::map<std::set<std::uint64_t>, std::uint64_t> best{{{}, 0}};
  for (const std::uint64_t key : keys) {
    std::map<std::set<std::uint64_t>, std::uint64_t> next;
    const auto reach = [&next](const std::set<std::uint64_t>& held, std::uint64_t count) {
      std::uint64_t& present = next[held];
      present = std::max(present, count);
    };
    for (const auto& [held, count] : best) {
      if (held.contains(key)) {
        reach(held, count + 1);
        continue;
      }
      reach(held, count);
      std::set<std::uint64_t> more = held;
      more.insert(key);
      if (more.size() <= capacity) reach(more, count);
      for (const std::uint64_t victim : held) {
        std::set<std::uint64_t> other = more;
        other.erase(victim);
        reach(other, count);
      }
    }
    best = std::move(next);
  }
  std::uint64_t most = 0;
  for (const auto& [held, count] : best)
    most = std::max(most, count);
  return most;
}

/// The rule itself, looking for the next use of everything each time.
std::uint64_t slow_hits(const Trace& trace, std::uint64_t capacity) {
  const std::vector<Trace::Request>& all = trace.requests();
  const auto next_use = [&all](std::uint64_t hash, std::size_t after) {
    for (std::size_t i = after + 1; i < all.size(); ++i)
      if (all[i].hash == hash) return i;
    return all.size();
  };
  std::map<std::uint64_t, std::uint64_t> held;
  std::uint64_t load = 0;
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (held.contains(all[i].hash)) {
      ++count;
    } else if (all[i].size <= capacity) {
      held[all[i].hash] = all[i].size;
      load += all[i].size;
    }
    while (load > capacity) {
      const auto victim = std::max_element(held.begin(), held.end(), [&](auto& a, auto& b) {
        return next_use(a.first, i) < next_use(b.first, i);
      });
      load -= victim->second;
      held.erase(victim);
    }
    std::erase_if(held, [&](const auto& one) {
      if (next_use(one.first, i) != all.size()) return false;
      load -= one.second;
      return true;
    });
  }
  return count;
}

TEST(Belady, HasAsManyHitsAsAnyCacheCanHave) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const std::vector<std::uint64_t> keys = random_keys(seed, 14, 6);
    for (std::size_t capacity = 1; capacity <= 4; ++capacity)
      EXPECT_EQ(hits(trace_of(keys), CacheUnit::kItems, capacity), most_hits(keys, capacity))
          << "seed " << seed << ", capacity " << capacity;
  }
}

TEST(Belady, DoesAsASlowSearchDoes) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const Trace trace = trace_of(random_keys(seed, 600, 80));
    for (const std::uint64_t capacity : {1U, 7U, 20U, 79U, 100U})
      EXPECT_EQ(hits(trace, CacheUnit::kItems, capacity), slow_hits(trace, capacity));
  }
}

TEST(Belady, GoesByBytesWhereThereAreSizes) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    std::vector<Trace::Request> requests;
    for (const std::uint64_t key : random_keys(seed, 600, 80))
      requests.push_back(
          {hash_of_key(key), static_cast<std::uint32_t>(1 + hash_of_key(key) % 50), 1});
    const Trace trace("sized", requests, {true, false});
    for (const std::uint64_t capacity : {10U, 100U, 500U, 5000U})
      EXPECT_EQ(hits(trace, CacheUnit::kBytes, capacity), slow_hits(trace, capacity)) << capacity;
  }
}

TEST(Belady, HoldsAPartOfALoop) {
  std::vector<std::uint64_t> keys;
  for (std::uint64_t i = 0; i < 50'000; ++i)
    keys.push_back(i % 100);

  const Score score = Belady(trace_of(keys)).run(CacheUnit::kItems, 50, [](std::size_t) {});

  EXPECT_NEAR(score.hit_ratio(), 49.0 / 99, 0.01);
}

TEST(Belady, MissesEachKeyOnceIfAllFit) {
  const Trace trace = trace_of(random_keys(1, 5000, 300));

  EXPECT_EQ(hits(trace, CacheUnit::kItems, 300), 5000 - trace.unique_keys());
}

TEST(Belady, TellsOfEachRequestOnce) {
  const Trace trace = trace_of(random_keys(1, 200'000, 300));
  std::size_t done = 0;

  const Score score =
      Belady(trace).run(CacheUnit::kItems, 10, [&done](std::size_t more) { done += more; });

  EXPECT_EQ(done, score.requests);
  EXPECT_EQ(done, 200'000U);
}

}  // namespace
}  // namespace refrain
