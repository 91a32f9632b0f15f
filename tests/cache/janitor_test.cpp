#include "refrain/cache/janitor.h"

#include "cache/tiered_cache_rig.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>

namespace refrain::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

class JanitorTest : public TieredCacheRig {};

TEST_F(JanitorTest, SweepsAgainAndAgain) {
  FlakyTier& memory = add_tier("memory");
  const Janitor janitor(loop.get_executor(), cache(), milliseconds(1));

  while (memory.calls(Operation::kSweep) < 3)
    loop.run_one();

  EXPECT_EQ(memory.calls(Operation::kSweep), 3);
}

TEST_F(JanitorTest, RemovesWhatHasExpired) {
  FlakyTier& memory = add_tier("memory");
  ASSERT_TRUE(get(key).has_value());
  clock.advance(config.freshness.ttl + config.freshness.stale);
  const Janitor janitor(loop.get_executor(), cache(), milliseconds(1));

  loop.restart();
  while (memory.stats().items > 0)
    loop.run_one();

  EXPECT_EQ(memory.stats().removals.expired, 1);
}

TEST_F(JanitorTest, BeginsNoSweepAfterItIsStoppedAndLetsTheLoopEnd) {
  FlakyTier& memory = add_tier("memory");
  Janitor janitor(loop.get_executor(), cache(), milliseconds(1));
  while (memory.calls(Operation::kSweep) < 1)
    loop.run_one();

  janitor.stop();
  loop.run();

  EXPECT_EQ(memory.calls(Operation::kSweep), 1);
}

TEST_F(JanitorTest, StopsAtOnceHoweverLongItsInterval) {
  FlakyTier& memory = add_tier("memory");
  Janitor janitor(loop.get_executor(), cache(), hours(24));
  settle();

  janitor.stop();
  loop.restart();
  loop.run();

  EXPECT_EQ(memory.calls(Operation::kSweep), 0);
}

TEST_F(JanitorTest, StopsWhenItIsDestroyedEvenBeforeItsFirstTurn) {
  FlakyTier& memory = add_tier("memory");
  auto janitor = std::make_unique<Janitor>(loop.get_executor(), cache(), milliseconds(1));

  janitor.reset();
  loop.run();

  EXPECT_EQ(memory.calls(Operation::kSweep), 0);
}

TEST_F(JanitorTest, MayBeStoppedInTheMiddleOfASweep) {
  FlakyTier& memory = add_tier("memory");
  memory.hang(Operation::kSweep);
  auto janitor = std::make_unique<Janitor>(loop.get_executor(), cache(), milliseconds(1));
  while (memory.hanging(Operation::kSweep) == 0)
    loop.run_one();

  janitor.reset();
  memory.release(Operation::kSweep);
  loop.run();

  EXPECT_EQ(memory.calls(Operation::kSweep), 1);
}

}  // namespace
}  // namespace refrain::testing
