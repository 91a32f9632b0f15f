#include "refrain/core/striped_counter.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <latch>
#include <thread>
#include <vector>

namespace refrain {
namespace {

TEST(StripedCounter, StartsAtZeroAndAddsUp) {
  StripedCounter counter;
  EXPECT_EQ(counter.value(), 0);

  counter.add();
  counter.add(41);
  counter.add(-2);

  EXPECT_EQ(counter.value(), 40);
}

TEST(StripedCounter, LosesNothingWhenMoreThreadsThanStripesAdd) {
  constexpr int kThreads = 20;
  constexpr int kAdds = 2000;
  StripedCounter counter;
  std::latch start(kThreads);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&counter, &start] {
        start.arrive_and_wait();
        for (int j = 0; j < kAdds; ++j)
          counter.add();
      });
    }
  }

  EXPECT_EQ(counter.value(), std::int64_t{kThreads} * kAdds);
}

TEST(StripedCounter, NeverGoesBackForAReaderWhileOthersAdd) {
  StripedCounter counter;
  std::int64_t times_gone_back = 0;
  {
    const std::jthread adder([&counter] {
      for (int i = 0; i < 20'000; ++i)
        counter.add();
    });
    std::int64_t previous = 0;
    while (previous < 20'000) {
      const std::int64_t next = counter.value();
      times_gone_back += next < previous ? 1 : 0;
      previous = next;
    }
  }

  EXPECT_EQ(times_gone_back, 0);
  EXPECT_EQ(counter.value(), 20'000);
}

}  // namespace
}  // namespace refrain
