#include "refrain/memory/policy/lazy_heap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <map>
#include <random>
#include <vector>

namespace refrain {
namespace {

TEST(LazyHeap, TopsAreWhatASearchThroughAllFindsUnderRandomOperations) {
  std::mt19937 random(1);
  std::deque<Resident> entries(300);
  LazyHeap<int> heap;
  std::map<Resident*, int> model;
  int next_priority = 0;
  for (int step = 0; step < 20'000; ++step) {
    Resident& entry = entries[random() % entries.size()];
    // Priorities are distinct, so that there is one lowest.
    const int priority = static_cast<int>(random() % 1000) * 20'000 + next_priority++;
    if (random() % 4 == 0 && !heap.empty()) {
      Resident& top = heap.top();
      model[&top] = std::max(priority, heap.top_priority());
      heap.raise_top(model[&top]);
    } else if (model.contains(&entry)) {
      heap.erase(entry);
      model.erase(&entry);
    } else {
      heap.push(entry, priority);
      model[&entry] = priority;
    }

    ASSERT_EQ(heap.size(), model.size());
    if (model.empty()) continue;
    const auto lowest = std::min_element(
        model.begin(), model.end(), [](auto& a, auto& b) { return a.second < b.second; });
    ASSERT_EQ(&heap.top(), lowest->first);
    ASSERT_EQ(heap.top_priority(), lowest->second);
  }
}

TEST(LazyHeap, ErasesTheFirstTheLastAndTheOnly) {
  std::deque<Resident> entries(3);
  LazyHeap<int> heap;
  for (std::size_t i = 0; i < entries.size(); ++i)
    heap.push(entries[i], static_cast<int>(i));

  heap.erase(entries[2]);
  EXPECT_EQ(&heap.top(), &entries[0]);
  heap.erase(entries[0]);
  EXPECT_EQ(&heap.top(), &entries[1]);
  heap.erase(entries[1]);
  EXPECT_TRUE(heap.empty());
}

TEST(LazyHeap, DrainsEveryEntryOnceWithItsPriority) {
  std::deque<Resident> entries(100);
  LazyHeap<int> heap;
  for (std::size_t i = 0; i < entries.size(); ++i)
    heap.push(entries[i], static_cast<int>(i * 37 % 100));

  std::map<Resident*, std::vector<int>> drained;
  heap.drain([&](Resident& entry, int priority) { drained[&entry].push_back(priority); });

  EXPECT_TRUE(heap.empty());
  for (std::size_t i = 0; i < entries.size(); ++i)
    EXPECT_EQ(drained[&entries[i]], std::vector{static_cast<int>(i * 37 % 100)});
}

}  // namespace
}  // namespace refrain
