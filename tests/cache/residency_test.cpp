#include "refrain/cache/residency.h"

#include <gtest/gtest.h>

#include <chrono>

namespace refrain {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr WallTime kInserted{milliseconds(1'000'000)};

EntryMetadata fresh_for(seconds fresh, seconds stale) {
  EntryMetadata metadata;
  metadata.created = kInserted;
  metadata.fresh_until = kInserted + fresh;
  metadata.usable_until = metadata.fresh_until + stale;
  return metadata;
}

TEST(Residency, AnEntryThatStaysFreshLongerLeavesWithTheTiersTtl) {
  EXPECT_EQ(resident_until(fresh_for(seconds(100), seconds(60)), kInserted, seconds(99)),
            kInserted + seconds(99));
}

TEST(Residency, AnEntryWhoseFreshnessEndsSoonerStaysThroughItsStaleTime) {
  EXPECT_EQ(resident_until(fresh_for(seconds(100), seconds(60)), kInserted, seconds(101)),
            kInserted + seconds(160));
}

TEST(Residency, AnEntryWhoseFreshnessEndsWithTheTtlStaysThroughItsStaleTime) {
  EXPECT_EQ(resident_until(fresh_for(seconds(100), seconds(60)), kInserted, seconds(100)),
            kInserted + seconds(160));
}

TEST(Residency, TheTtlCountsFromTheInsertionNotFromTheGeneration) {
  const WallTime inserted_later = kInserted + seconds(50);

  EXPECT_EQ(resident_until(fresh_for(seconds(100), seconds(60)), inserted_later, seconds(20)),
            inserted_later + seconds(20));
  EXPECT_EQ(resident_until(fresh_for(seconds(100), seconds(60)), inserted_later, seconds(50)),
            kInserted + seconds(160));
}

TEST(Residency, AnEntryInsertedStaleIsKeptUntilItIsOfNoUse) {
  EXPECT_EQ(
      resident_until(fresh_for(seconds(100), seconds(60)), kInserted + seconds(130), seconds(3600)),
      kInserted + seconds(160));
}

}  // namespace
}  // namespace refrain
