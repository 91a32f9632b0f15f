// What leaves a store that is full.
#include "refrain/disk/segment_store.h"

#include "faulty_store_fixture.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace refrain::testing {
namespace {

/// A store of about ten segments of eight entries of a kilobyte.
class StoreRoom : public FaultyStoreFixture {
protected:
  [[nodiscard]] SegmentStore::Options room_options() const {
    SegmentStore::Options tight = options();
    tight.max_size_bytes = 100'000;
    tight.segment_size_bytes = 10'000;
    return tight;
  }

  void fill(SegmentStore& store, int count) {
    for (int i = 0; i < count; ++i)
      ASSERT_TRUE(
          store.insert(lasting("filler " + std::to_string(filled_++), std::string(1'000, 'x')))
              .has_value());
  }

  static std::map<CacheKey, SegmentStore::StoredEntry, bool (*)(const CacheKey&, const CacheKey&)>
  stored_in(SegmentStore& store) {
    const auto before = [](const CacheKey& a, const CacheKey& b) {
      return a.digest() < b.digest();
    };
    std::map<CacheKey, SegmentStore::StoredEntry, bool (*)(const CacheKey&, const CacheKey&)> found(
        before);
    store.visit([&](const SegmentStore::StoredEntry& stored) {
      found[stored.metadata.key] = stored;
      return true;
    });
    return found;
  }

private:
  int filled_ = 0;
};

TEST_F(StoreRoom, WhatIsReadOutlivesItsSegmentAndWhatIsNotLeavesWithIt) {
  const auto store = open(room_options());
  ASSERT_TRUE(store->insert(lasting("hot", std::string(1'000, 'h'))).has_value());
  ASSERT_TRUE(store->insert(lasting("cold", std::string(1'000, 'c'))).has_value());

  for (int round = 0; round < 30; ++round) {
    fill(*store, 9);
    ASSERT_EQ(body_of(*store, "hot"), std::string(1'000, 'h')) << "in round " << round;
  }

  EXPECT_EQ(body_of(*store, "cold"), std::nullopt);
  EXPECT_GT(store->stats().rewritten, 1);
  EXPECT_FALSE(std::filesystem::exists(segment(1)));
  expect_sums_hold(*store);
}

TEST_F(StoreRoom, WhatIsReadNoMoreLeavesAtLast) {
  const auto store = open(room_options());
  ASSERT_TRUE(store->insert(lasting("once hot", std::string(1'000, 'h'))).has_value());
  EXPECT_TRUE(body_of(*store, "once hot").has_value());

  fill(*store, 300);

  EXPECT_EQ(body_of(*store, "once hot"), std::nullopt);
  EXPECT_EQ(store->stats().rewritten, 1);
}

TEST_F(StoreRoom, ReadsAndTheLastOfThemAreCarriedOver) {
  const WallTime begin = clock_.now();
  WallTime last = begin;
  const auto check = [&](SegmentStore& store, std::uint64_t reads) {
    const auto stored = stored_in(store);
    const auto hot = stored.find(sample_key("hot"));
    ASSERT_NE(hot, stored.end());
    EXPECT_EQ(hot->second.reads, reads);
    EXPECT_EQ(hot->second.last_read, std::optional(last));
    EXPECT_EQ(hot->second.inserted, begin);
  };
  {
    const auto store = open(room_options());
    ASSERT_TRUE(store->insert(lasting("hot", std::string(1'000, 'h'))).has_value());
    for (int i = 0; i < 5; ++i)
      EXPECT_TRUE(body_of(*store, "hot").has_value());
    fill(*store, 100);
    ASSERT_EQ(store->stats().rewritten, 1);
    check(*store, 5);
    clock_.advance(std::chrono::seconds(90));
    last = clock_.now();
    EXPECT_TRUE(body_of(*store, "hot").has_value());
    check(*store, 6);
  }

  check(*open(room_options()), 6);
  // What was read since the record was written only a snapshot knows.
  remove_snapshot();
  last = begin;
  check(*open(room_options()), 5);
}

TEST_F(StoreRoom, NoMoreThanHalfASegmentIsRewrittenAtOnce) {
  const auto store = open(room_options());
  fill(*store, 8);
  for (int i = 0; i < 8; ++i)
    EXPECT_TRUE(body_of(*store, "filler " + std::to_string(i)).has_value());
  while (std::filesystem::exists(segment(1)))
    fill(*store, 1);

  // A thirty-second of the store, which is less than half a segment: two entries.
  EXPECT_EQ(store->stats().rewritten, 2);
  EXPECT_LE(store->stats().size_bytes, 100'000);
  expect_sums_hold(*store);
}

TEST_F(StoreRoom, WhatIsReadMostIsRewrittenFirst) {
  const auto store = open(room_options());
  fill(*store, 8);
  for (int i = 0; i < 8; ++i)
    for (int reads = 0; reads <= (i == 3 || i == 6 ? 5 : 0); ++reads)
      EXPECT_TRUE(body_of(*store, "filler " + std::to_string(i)).has_value());
  while (std::filesystem::exists(segment(1)))
    fill(*store, 1);

  EXPECT_TRUE(store->may_hold(sample_key("filler 3")));
  EXPECT_TRUE(store->may_hold(sample_key("filler 6")));
  EXPECT_FALSE(store->may_hold(sample_key("filler 0")));
}

TEST_F(StoreRoom, WhatIsOverGoesBeforeAnythingThatIsNot) {
  const auto store = open(room_options());
  fill(*store, 8);
  for (int i = 0; i < 40; ++i)
    insert(*store, "brief " + std::to_string(i), std::string(1'000, 'b'));
  clock_.advance(std::chrono::hours(2));
  ASSERT_TRUE(store->sweep().has_value());
  const std::int64_t before = store->stats().removals.capacity;

  fill(*store, 30);

  EXPECT_EQ(store->stats().removals.capacity, before);
  EXPECT_EQ(store->stats().removals.expired, 40);
  for (int i = 0; i < 38; ++i)
    EXPECT_TRUE(store->may_hold(sample_key("filler " + std::to_string(i)))) << i;
}

TEST_F(StoreRoom, ADamagedEntryIsNotRewritten) {
  const auto store = open(room_options());
  ASSERT_TRUE(store->insert(lasting("hot", std::string(1'000, 'h'))).has_value());
  EXPECT_TRUE(body_of(*store, "hot").has_value());
  flip_bit(segment(1), (record_after({}) + RecordHeader::kSize + 100) * 8);

  fill(*store, 100);

  EXPECT_FALSE(std::filesystem::exists(segment(1)));
  EXPECT_EQ(store->stats().rewritten, 0);
  EXPECT_EQ(body_of(*store, "hot"), std::nullopt);
  expect_sums_hold(*store);
}

TEST_F(StoreRoom, ARewrittenEntryIsTheOneThatIsFoundAfterReopening) {
  {
    const auto store = open(room_options());
    ASSERT_TRUE(store->insert(lasting("hot", std::string(1'000, 'h'))).has_value());
    EXPECT_TRUE(body_of(*store, "hot").has_value());
    fill(*store, 100);
    ASSERT_EQ(store->stats().rewritten, 1);
  }

  EXPECT_EQ(body_of(*open_by_scanning(room_options()), "hot"), std::string(1'000, 'h'));
}

TEST_F(StoreRoom, ASegmentThatCannotBeRemovedIsTriedAgain) {
  const auto store = open(room_options());
  fill(*store, 60);
  disk_->fail(EIO, Calls::kUnlink);
  Result<InsertOutcome> outcome = InsertOutcome::kStored;
  for (int i = 0; i < 50 && outcome; ++i)
    outcome = store->insert(lasting(std::to_string(i), std::string(1'000, 'y')));
  EXPECT_FALSE(outcome.has_value());
  EXPECT_LE(bytes_on_disk(), 100'000U);

  disk_->heal();

  EXPECT_EQ(insert(*store, "a", "one"), InsertOutcome::kStored);
  expect_sums_hold(*store);
}

}  // namespace
}  // namespace refrain::testing
