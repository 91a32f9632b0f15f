#include "refrain/core/thread_number.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <set>
#include <thread>
#include <vector>

namespace refrain {
namespace {

TEST(ThreadNumber, StaysTheSameForAThread) {
  EXPECT_EQ(thread_number(), thread_number());
}

TEST(ThreadNumber, IsAnotherForEveryThread) {
  constexpr std::size_t kThreads = 20;
  std::vector<std::size_t> numbers(kThreads);

  {
    std::vector<std::jthread> threads;
    threads.reserve(kThreads);
    for (std::size_t& number : numbers)
      threads.emplace_back([&number] { number = thread_number(); });
  }

  std::set<std::size_t> different(numbers.begin(), numbers.end());
  different.insert(thread_number());
  EXPECT_EQ(different.size(), kThreads + 1);
}

}  // namespace
}  // namespace refrain
