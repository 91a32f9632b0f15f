#include "refrain/redis/shard_breakers.h"

#include "support/manual_clock.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace refrain {
namespace {

using State = CircuitBreaker::State;

class ShardBreakersTest : public ::testing::Test {
protected:
  void open(std::size_t shard) {
    for (int i = 0; i < 3; ++i)
      breakers_.of(shard)->try_acquire().value().fail();
  }

  testing::ManualClock clock_;
  ShardBreakers breakers_{CircuitBreaker::Config(), clock_};
};

TEST_F(ShardBreakersTest, KeepsCallersFromTheShardThatFailsOnly) {
  open(1);

  EXPECT_TRUE(breakers_.allows(0));
  EXPECT_FALSE(breakers_.allows(1));
  EXPECT_TRUE(breakers_.allows(2));
  EXPECT_TRUE(breakers_.allows(17)) << "nobody has asked it yet";
}

TEST_F(ShardBreakersTest, IsAsIllAsItsWorstShard) {
  const std::vector<std::size_t> shards = {0, 2, 5};
  EXPECT_EQ(breakers_.worst(shards), State::kClosed);
  open(2);
  EXPECT_EQ(breakers_.worst(shards), State::kOpen);
  EXPECT_EQ(breakers_.worst({0, 5}), State::kClosed) << "the shard was given up";

  clock_.advance(std::chrono::minutes(1));
  const auto probe = breakers_.of(2)->try_acquire();
  EXPECT_EQ(breakers_.worst(shards), State::kHalfOpen);
}

TEST_F(ShardBreakersTest, TellsWhatABreakerHasBeenThroughUnderTheNameOfItsShard) {
  open(1);

  const BreakerStats ill = breakers_.stats(1, "here:1");
  const BreakerStats well = breakers_.stats(7, "there:2");

  EXPECT_EQ(ill.name, "here:1");
  EXPECT_EQ(ill.state, "open");
  EXPECT_EQ(well.name, "there:2");
  EXPECT_EQ(well.state, "closed");
}

TEST_F(ShardBreakersTest, ABreakerLivesAsLongAsAPermit) {
  auto breakers = std::make_unique<ShardBreakers>(CircuitBreaker::Config(), clock_);
  const std::shared_ptr<CircuitBreaker> held = breakers->of(0);
  std::optional<CircuitBreaker::Permit> permit = held->try_acquire();

  breakers.reset();
  permit->fail();

  EXPECT_EQ(held->state(), State::kClosed);
}

}  // namespace
}  // namespace refrain
