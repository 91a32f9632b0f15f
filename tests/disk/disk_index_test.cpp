#include "refrain/disk/disk_index.h"

#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <string>

namespace refrain {
namespace {

using testing::sample_key;

constexpr WallTime kLater{std::chrono::milliseconds(1000)};

IndexedEntry at(std::uint64_t segment, std::uint64_t offset, WallTime until = kLater) {
  IndexedEntry entry;
  entry.location.segment = segment;
  entry.location.offset = offset;
  entry.resident_until = until;
  return entry;
}

TEST(DiskIndex, FindsTheNewestRecordOfAKey) {
  DiskIndex index;

  EXPECT_FALSE(index.insert(sample_key("a"), at(1, 48)));
  EXPECT_TRUE(index.insert(sample_key("a"), at(2, 48)));

  EXPECT_EQ(index.find(sample_key("a"))->location.segment, 2U);
  EXPECT_EQ(index.size(), 1U);
  EXPECT_EQ(index.live_in(1), 0U);
  EXPECT_EQ(index.live_in(2), 1U);
}

TEST(DiskIndex, DropsASegmentWithItsEntriesOnly) {
  DiskIndex index;
  index.insert(sample_key("a"), at(1, 48));
  index.insert(sample_key("b"), at(1, 200));
  index.insert(sample_key("b"), at(2, 48));

  EXPECT_EQ(index.drop_segment(1), 1U);

  EXPECT_FALSE(index.find(sample_key("a")).has_value());
  EXPECT_TRUE(index.find(sample_key("b")).has_value());
  EXPECT_EQ(index.drop_segment(1), 0U);
}

TEST(DiskIndex, ErasesAKeyOnceAndOnlyWhereItIs) {
  DiskIndex index;
  index.insert(sample_key("a"), at(1, 48));

  EXPECT_FALSE(index.erase_at(sample_key("a"), at(1, 49).location));
  EXPECT_TRUE(index.erase_at(sample_key("a"), at(1, 48).location));
  EXPECT_FALSE(index.erase(sample_key("a")));
  EXPECT_EQ(index.size(), 0U);
}

TEST(DiskIndex, ExpiresInBoundedSteps) {
  DiskIndex index;
  for (std::uint64_t i = 0; i < 100; ++i)
    index.insert(sample_key(std::to_string(i)),
                 at(1 + i / 10, 48 + i, i % 2 == 0 ? WallTime{} : kLater));

  EXPECT_EQ(index.expire(WallTime{}, 30), 15U);
  EXPECT_EQ(index.expire(WallTime{}, 30), 15U);
  EXPECT_EQ(index.expire(WallTime{}, 1000), 20U);
  EXPECT_EQ(index.expire(WallTime{}, 1000), 0U);
  EXPECT_EQ(index.size(), 50U);
}

TEST(DiskIndex, GoesOnExpiringAfterItsSegmentWasDropped) {
  DiskIndex index;
  for (std::uint64_t i = 0; i < 30; ++i)
    index.insert(sample_key(std::to_string(i)), at(1 + i / 10, 48 + i));
  index.expire(kLater, 15);

  index.drop_segment(2);

  EXPECT_EQ(index.expire(kLater, 100), 10U);
  EXPECT_EQ(index.size(), 0U);
}

TEST(DiskIndex, ListsTheOldestFirst) {
  DiskIndex index;
  index.insert(sample_key("a"), at(1, 48));
  index.insert(sample_key("b"), at(1, 200));
  index.insert(sample_key("a"), at(2, 48));

  const auto all = index.entries(10);

  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].first, sample_key("b"));
  EXPECT_EQ(all[1].first, sample_key("a"));
  EXPECT_EQ(index.entries(1).size(), 1U);
}

}  // namespace
}  // namespace refrain
