#include "refrain/redis/client/latency_window.h"

#include <gtest/gtest.h>

namespace refrain {
namespace {

double quantile(const LatencyWindow& window, double fraction) {
  LatencyWindow::Counts counts{};
  window.add_to(counts);
  return LatencyWindow::quantile_ms(counts, fraction);
}

const SteadyTime kNow =
    SteadyTime() + std::chrono::hours(1);  // NOLINT(bugprone-throwing-static-initialization)

TEST(LatencyWindow, IsZeroWithoutSamples) {
  const LatencyWindow window;

  EXPECT_EQ(quantile(window, 0.5), 0);
}

TEST(LatencyWindow, TellsTheMedianFromTheTail) {
  LatencyWindow window;
  for (int i = 0; i < 98; ++i)
    window.record(std::chrono::microseconds(100), kNow);
  for (int i = 0; i < 2; ++i)
    window.record(std::chrono::microseconds(20'000), kNow);

  EXPECT_NEAR(quantile(window, 0.50), 0.1, 0.1 / 8);
  EXPECT_NEAR(quantile(window, 0.99), 20, 20.0 / 8);
}

TEST(LatencyWindow, IsNeverMoreThanAnEighthWrong) {
  for (std::int64_t microseconds = 4; microseconds < 1'000'000'000;
       microseconds = microseconds * 5 / 4) {
    LatencyWindow window;
    window.record(std::chrono::microseconds(microseconds), kNow);
    const double expected = static_cast<double>(microseconds) / 1000.0;
    EXPECT_NEAR(quantile(window, 0.5), expected, expected / 8) << microseconds;
  }
}

TEST(LatencyWindow, ForgetsWhatIsLongAgo) {
  LatencyWindow window;
  window.record(std::chrono::seconds(1), kNow);
  for (std::uint32_t i = 0; i < 2 * LatencyWindow::kWindow; ++i)
    window.record(std::chrono::microseconds(100), kNow);

  EXPECT_NEAR(quantile(window, 1.0), 0.1, 0.1 / 8);
}

TEST(LatencyWindow, ForgetsTheManyOfBeforeForTheFewOfNow) {
  LatencyWindow window;
  SteadyTime now = kNow;
  for (std::uint32_t i = 0; i < 2 * LatencyWindow::kWindow; ++i)
    window.record(std::chrono::microseconds(100), now);
  window.record(std::chrono::milliseconds(50), now);
  EXPECT_NEAR(quantile(window, 0.99), 0.1, 0.1 / 8);

  for (int i = 0; i < 3; ++i) {
    now += LatencyWindow::kSpan;
    window.record(std::chrono::milliseconds(50), now);
  }

  EXPECT_NEAR(quantile(window, 0.5), 50, 50.0 / 8);
}

TEST(LatencyWindow, KeepsNothingFromBeforeALongRest) {
  LatencyWindow window;
  for (int i = 0; i < 100; ++i)
    window.record(std::chrono::microseconds(100), kNow);

  window.record(std::chrono::milliseconds(50), kNow + 2 * LatencyWindow::kSpan);

  EXPECT_NEAR(quantile(window, 0.0), 50, 50.0 / 8);
}

TEST(LatencyWindow, TakesAnyDuration) {
  LatencyWindow window;
  window.record(std::chrono::microseconds(-5), kNow);
  window.record(std::chrono::hours(1000), kNow);

  EXPECT_EQ(quantile(window, 0.5), 0);
  EXPECT_GT(quantile(window, 1.0), 1000);
}

}  // namespace
}  // namespace refrain
