#include "refrain/cache/circuit_breaker.h"

#include "support/manual_clock.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <optional>
#include <thread>
#include <vector>

namespace refrain {
namespace {

using State = CircuitBreaker::State;

class CircuitBreakerTest : public ::testing::Test {
protected:
  void fail_once() { breaker_.try_acquire().value().fail(); }
  void succeed_once() { breaker_.try_acquire().value().succeed(); }
  void open() {
    for (int i = 0; i < 3; ++i)
      fail_once();
  }

  /// How long the breaker stays open from now on, to the millisecond.
  std::chrono::milliseconds wait_until_due() {
    std::chrono::milliseconds waited{0};
    while (!breaker_.allows()) {
      clock_.advance(std::chrono::milliseconds(1));
      waited += std::chrono::milliseconds(1);
    }
    return waited;
  }

  testing::ManualClock clock_;
  CircuitBreaker breaker_{CircuitBreaker::Config(), clock_};
};

TEST_F(CircuitBreakerTest, OpensAfterConsecutiveFailuresOnly) {
  fail_once();
  fail_once();
  succeed_once();
  fail_once();
  fail_once();
  EXPECT_EQ(breaker_.state(), State::kClosed);

  fail_once();

  EXPECT_EQ(breaker_.state(), State::kOpen);
  EXPECT_FALSE(breaker_.allows());
  EXPECT_FALSE(breaker_.try_acquire().has_value());
}

TEST_F(CircuitBreakerTest, ClosesAfterASuccessfulProbe) {
  open();
  wait_until_due();

  auto probe = breaker_.try_acquire();
  ASSERT_TRUE(probe.has_value());
  EXPECT_EQ(breaker_.state(), State::kHalfOpen);
  EXPECT_FALSE(breaker_.allows());
  probe->succeed();

  EXPECT_EQ(breaker_.state(), State::kClosed);
  EXPECT_TRUE(breaker_.allows());
}

TEST_F(CircuitBreakerTest, StaysOpenTwiceAsLongAfterEachFailedProbe) {
  open();
  std::chrono::milliseconds expected{1000};
  for (int i = 0; i < 8; ++i) {
    const auto waited = wait_until_due();
    EXPECT_GE(waited, expected);
    EXPECT_LE(waited, std::min(expected * 5 / 4, std::chrono::milliseconds(30'000)));
    fail_once();
    expected = std::min(expected * 2, std::chrono::milliseconds(30'000));
  }
  EXPECT_EQ(wait_until_due(), std::chrono::milliseconds(30'000));
}

TEST_F(CircuitBreakerTest, StartsWithTheShortestIntervalAfterItWasClosed) {
  open();
  wait_until_due();
  fail_once();
  wait_until_due();
  succeed_once();

  open();

  EXPECT_LE(wait_until_due(), std::chrono::milliseconds(1250));
}

TEST_F(CircuitBreakerTest, AnAbandonedProbeMakesRoomForTheNext) {
  open();
  wait_until_due();
  {
    auto probe = breaker_.try_acquire();
    ASSERT_TRUE(probe.has_value());
    EXPECT_FALSE(breaker_.try_acquire().has_value());
  }

  EXPECT_EQ(breaker_.state(), State::kOpen);
  EXPECT_TRUE(breaker_.try_acquire().has_value());
}

TEST_F(CircuitBreakerTest, IgnoresVerdictsAboutWorkThatBeganEarlier) {
  auto slow_failure = breaker_.try_acquire();
  auto slow_success = breaker_.try_acquire();
  open();
  wait_until_due();
  auto probe = breaker_.try_acquire();

  slow_success->succeed();
  EXPECT_EQ(breaker_.state(), State::kHalfOpen);
  slow_failure->fail();
  EXPECT_EQ(breaker_.state(), State::kHalfOpen);
  probe->succeed();

  EXPECT_EQ(breaker_.state(), State::kClosed);
}

TEST_F(CircuitBreakerTest, OpensForFailuresMetOutside) {
  for (int i = 0; i < 3; ++i)
    breaker_.record_outside_failure();
  EXPECT_EQ(breaker_.state(), State::kOpen);

  for (int i = 0; i < 100; ++i)
    breaker_.record_outside_failure();

  EXPECT_LE(wait_until_due(), std::chrono::milliseconds(1250)) << "they do not prolong it";
}

TEST_F(CircuitBreakerTest, OpensWhenHalfOfTheLatestCallsFailed) {
  for (int i = 0; i < 9; ++i) {
    succeed_once();
    fail_once();
  }
  succeed_once();
  EXPECT_EQ(breaker_.state(), State::kClosed) << "nineteen are too few to tell";

  fail_once();

  EXPECT_EQ(breaker_.state(), State::kOpen);
}

TEST_F(CircuitBreakerTest, ForgetsCallsThatAreOlderThanItsWindow) {
  for (int i = 0; i < 9; ++i) {
    succeed_once();
    fail_once();
  }
  clock_.advance(std::chrono::seconds(10));
  for (int i = 0; i < 5; ++i) {
    succeed_once();
    fail_once();
  }

  EXPECT_EQ(breaker_.state(), State::kClosed);
}

TEST_F(CircuitBreakerTest, RemembersCallsThroughItsWholeWindow) {
  for (int i = 0; i < 9; ++i) {
    succeed_once();
    fail_once();
  }
  clock_.advance(std::chrono::seconds(9));
  succeed_once();
  fail_once();

  EXPECT_EQ(breaker_.state(), State::kOpen);
}

TEST_F(CircuitBreakerTest, StaysClosedWhileFewerThanHalfFail) {
  for (int i = 0; i < 100; ++i) {
    succeed_once();
    succeed_once();
    fail_once();
  }

  EXPECT_EQ(breaker_.state(), State::kClosed);
}

TEST_F(CircuitBreakerTest, BeginsToCountAnewWhenItIsClosed) {
  for (int i = 0; i < 10; ++i) {
    succeed_once();
    fail_once();
  }
  wait_until_due();
  succeed_once();

  fail_once();
  fail_once();

  EXPECT_EQ(breaker_.state(), State::kClosed);
}

TEST_F(CircuitBreakerTest, CountsItsChangesAndTheTimeInEachState) {
  const auto at = [](const auto& of_states, State state) {
    return of_states[static_cast<std::size_t>(state)];
  };
  clock_.advance(std::chrono::seconds(5));
  open();
  const auto opened = wait_until_due();
  auto failing = breaker_.try_acquire();
  clock_.advance(std::chrono::milliseconds(30));
  failing->fail();
  const auto opened_again = wait_until_due();
  succeed_once();
  clock_.advance(std::chrono::seconds(2));

  const CircuitBreaker::Stats stats = breaker_.stats();

  EXPECT_EQ(stats.state, State::kClosed);
  EXPECT_EQ(at(stats.entered, State::kClosed), 1);
  EXPECT_EQ(at(stats.entered, State::kOpen), 2);
  EXPECT_EQ(at(stats.entered, State::kHalfOpen), 2);
  EXPECT_EQ(at(stats.time_in, State::kClosed), std::chrono::seconds(7));
  EXPECT_EQ(at(stats.time_in, State::kOpen), opened + opened_again);
  EXPECT_EQ(at(stats.time_in, State::kHalfOpen), std::chrono::milliseconds(30));
}

TEST_F(CircuitBreakerTest, DescribesItselfForStatistics) {
  clock_.advance(std::chrono::milliseconds(1500));
  open();

  const BreakerStats stats = stats_of(breaker_, "reads");

  EXPECT_EQ(stats.name, "reads");
  EXPECT_EQ(stats.state, "open");
  ASSERT_EQ(stats.stays.size(), 3U);
  EXPECT_EQ(stats.stays[0].state, "closed");
  EXPECT_DOUBLE_EQ(stats.stays[0].seconds, 1.5);
  EXPECT_EQ(stats.stays[1].state, "open");
  EXPECT_EQ(stats.stays[1].entered, 1);
  EXPECT_EQ(stats.stays[2].state, "half-open");
  EXPECT_EQ(stats.stays[2].entered, 0);
}

TEST_F(CircuitBreakerTest, NamesItsStates) {
  EXPECT_EQ(to_string(State::kClosed), "closed");
  EXPECT_EQ(to_string(State::kOpen), "open");
  EXPECT_EQ(to_string(State::kHalfOpen), "half-open");
}

TEST_F(CircuitBreakerTest, LetsOneOfAHundredConcurrentCallersProbe) {
  constexpr int kCallers = 100;
  open();
  wait_until_due();
  std::latch begin(kCallers);
  std::latch tried(kCallers);
  std::atomic<int> probes{0};

  std::vector<std::thread> callers;
  callers.reserve(kCallers);
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([&] {
      begin.arrive_and_wait();
      auto permit = breaker_.try_acquire();
      if (permit) ++probes;
      // Nobody gives a probe back before all have asked.
      tried.arrive_and_wait();
      if (permit) permit->succeed();
    });
  }
  for (std::thread& caller : callers)
    caller.join();

  EXPECT_EQ(probes, 1);
  EXPECT_EQ(breaker_.state(), State::kClosed);
}

TEST(Backoff, DoublesFromTheFirstToTheLongestAndStartsAgain) {
  Backoff backoff({std::chrono::milliseconds(100), std::chrono::milliseconds(1000)}, 7);

  for (const int expected : {100, 200, 400, 800, 1000, 1000}) {
    const auto delay = backoff.next();
    EXPECT_GE(delay.count(), expected);
    EXPECT_LE(delay.count(), std::min(expected * 5 / 4, 1000));
  }
  backoff.reset();

  EXPECT_LE(backoff.next().count(), 125);
}

TEST(Backoff, DependsOnItsSeed) {
  const Backoff::Config config{std::chrono::milliseconds(1'000'000),
                               std::chrono::milliseconds(10'000'000)};
  Backoff one(config, 1);
  Backoff same(config, 1);
  Backoff other(config, 2);

  const auto delay = one.next();
  EXPECT_EQ(same.next(), delay);
  EXPECT_NE(other.next(), delay);
}

}  // namespace
}  // namespace refrain
