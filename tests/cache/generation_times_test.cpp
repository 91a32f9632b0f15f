#include "refrain/cache/generation_times.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>

namespace refrain {
namespace {

using std::chrono::milliseconds;

TEST(GenerationTimes, KnowNothingBeforeTheFirst) {
  EXPECT_EQ(GenerationTimes().p95(), std::nullopt);
}

TEST(GenerationTimes, TakeTheOnlyOneForAll) {
  GenerationTimes times;

  times.record(milliseconds(30));

  EXPECT_EQ(times.p95(), milliseconds(30));
}

TEST(GenerationTimes, LeaveTheSlowestTwentiethOut) {
  GenerationTimes times;

  for (int i = 20; i >= 1; --i)
    times.record(milliseconds(i));

  EXPECT_EQ(times.p95(), milliseconds(19));
}

TEST(GenerationTimes, ForgetWhatWasLongAgo) {
  GenerationTimes times;
  for (std::size_t i = 0; i < GenerationTimes::kWindow; ++i)
    times.record(milliseconds(5000));

  for (std::size_t i = 0; i < GenerationTimes::kWindow; ++i)
    times.record(milliseconds(1));

  EXPECT_EQ(times.p95(), milliseconds(1));
}

}  // namespace
}  // namespace refrain
