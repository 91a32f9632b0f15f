#include "refrain/cache/failure_backoff.h"

#include "support/manual_clock.h"
#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace refrain {
namespace {

using std::chrono::milliseconds;
using testing::ManualClock;
using testing::sample_key;

constexpr FailureBackoff::Config kConfig{milliseconds(1000), milliseconds(5000)};

TEST(FailureBackoff, LetsAKeyThatNeverFailedBeTried) {
  const ManualClock clock;
  const FailureBackoff backoff(kConfig, clock);

  EXPECT_FALSE(backoff.is_waiting(sample_key("a")));
}

TEST(FailureBackoff, LeavesAFailedKeyAloneForTheFirstDelayExactly) {
  ManualClock clock;
  FailureBackoff backoff(kConfig, clock);
  backoff.record_failure(sample_key("a"));

  EXPECT_TRUE(backoff.is_waiting(sample_key("a")));
  clock.advance(milliseconds(999));
  EXPECT_TRUE(backoff.is_waiting(sample_key("a")));
  clock.advance(milliseconds(1));
  EXPECT_FALSE(backoff.is_waiting(sample_key("a")));
}

TEST(FailureBackoff, IsAboutOneKeyOnly) {
  const ManualClock clock;
  FailureBackoff backoff(kConfig, clock);

  backoff.record_failure(sample_key("a"));

  EXPECT_FALSE(backoff.is_waiting(sample_key("b")));
}

TEST(FailureBackoff, DoublesTheDelayUpToTheLongest) {
  ManualClock clock;
  FailureBackoff backoff(kConfig, clock);
  for (const int expected : {1000, 2000, 4000, 5000, 5000}) {
    backoff.record_failure(sample_key("a"));
    clock.advance(milliseconds(expected - 1));
    ASSERT_TRUE(backoff.is_waiting(sample_key("a"))) << expected;
    clock.advance(milliseconds(1));
    ASSERT_FALSE(backoff.is_waiting(sample_key("a"))) << expected;
  }
}

TEST(FailureBackoff, ASuccessForgivesEverything) {
  ManualClock clock;
  FailureBackoff backoff(kConfig, clock);
  backoff.record_failure(sample_key("a"));
  backoff.record_failure(sample_key("a"));

  backoff.record_success(sample_key("a"));
  EXPECT_FALSE(backoff.is_waiting(sample_key("a")));
  backoff.record_failure(sample_key("a"));
  clock.advance(milliseconds(1000));

  EXPECT_FALSE(backoff.is_waiting(sample_key("a")));
}

TEST(FailureBackoff, RemembersNoMoreThanItsLimitOfKeys) {
  const ManualClock clock;
  FailureBackoff backoff(kConfig, clock);
  for (std::size_t i = 0; i < FailureBackoff::kMaxKeys; ++i)
    backoff.record_failure(sample_key(std::to_string(i)));

  backoff.record_failure(sample_key("one too many"));

  EXPECT_FALSE(backoff.is_waiting(sample_key("one too many")));
  EXPECT_TRUE(backoff.is_waiting(sample_key("0")));
}

TEST(FailureBackoff, MakesRoomByForgettingDelaysThatHaveEnded) {
  ManualClock clock;
  FailureBackoff backoff(kConfig, clock);
  for (std::size_t i = 0; i < FailureBackoff::kMaxKeys; ++i)
    backoff.record_failure(sample_key(std::to_string(i)));

  clock.advance(milliseconds(1000));
  backoff.record_failure(sample_key("the next"));

  EXPECT_TRUE(backoff.is_waiting(sample_key("the next")));
}

}  // namespace
}  // namespace refrain
