#include "refrain/memory/memory_tier.h"

#include "contract/tier_contract.h"
#include "support/manual_clock.h"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace refrain::testing {

namespace {

class MemoryTraits {
public:
  static constexpr bool kPersists = false;
  static constexpr bool kFollowsClock = true;
  static constexpr bool kAnswersNow = true;
  static constexpr bool kCountsReplaced = true;
  static constexpr int kMaxSweeps = 1;

  MemoryTraits(ManualClock& clock, boost::asio::io_context& /*loop*/)
      : tier_(MemoryCache::Config(), clock) {}

  Tier& tier() { return tier_; }

private:
  MemoryTier tier_;
};

/// The same promises hold when the cache is made of many shards.
class ShardedMemoryTraits {
public:
  static constexpr bool kPersists = false;
  static constexpr bool kFollowsClock = true;
  static constexpr bool kAnswersNow = true;
  static constexpr bool kCountsReplaced = true;
  static constexpr int kMaxSweeps = 1;

  ShardedMemoryTraits(ManualClock& clock, boost::asio::io_context& /*loop*/)
      : tier_(config(), clock) {}

  Tier& tier() { return tier_; }

private:
  static MemoryCache::Config config() {
    MemoryCache::Config config;
    config.max_items = 1'000'000;
    config.max_size_bytes = std::size_t{1} << 30;
    return config;
  }

  MemoryTier tier_;
};

}  // namespace

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, TierContract, MemoryTraits);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, ClockedTierContract, MemoryTraits);
INSTANTIATE_TYPED_TEST_SUITE_P(ShardedMemory, TierContract, ShardedMemoryTraits);
INSTANTIATE_TYPED_TEST_SUITE_P(ShardedMemory, ClockedTierContract, ShardedMemoryTraits);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PersistentTierContract);  // memory does not persist

}  // namespace refrain::testing
