#include "refrain/cache/freshness.h"

#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <chrono>

namespace refrain {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Freshness, StampsAnEntryWithItsThreeTimesKeyAndCost) {
  Freshness freshness;
  freshness.ttl = seconds(10);
  freshness.stale = seconds(5);
  const WallTime now(milliseconds(1'000'500));

  const EntryMetadata metadata =
      freshness.stamp(testing::sample_key("a"), now, std::chrono::microseconds(77));

  EXPECT_EQ(metadata.key, testing::sample_key("a"));
  EXPECT_EQ(metadata.created, now);
  EXPECT_EQ(metadata.fresh_until, now + seconds(10));
  EXPECT_EQ(metadata.usable_until, now + seconds(15));
  EXPECT_EQ(metadata.cost, std::chrono::microseconds(77));
}

TEST(Freshness, WithoutStaleTimeAnEntryIsUsableWhileItIsFresh) {
  Freshness freshness;
  freshness.stale = seconds(0);

  const EntryMetadata metadata = freshness.stamp(CacheKey(), WallTime(), {});

  EXPECT_EQ(metadata.usable_until, metadata.fresh_until);
}

}  // namespace
}  // namespace refrain
