// How records are written, and what is certain of them.
#include "refrain/disk/segment_store.h"

#include "faulty_store_fixture.h"

#include <gtest/gtest.h>

#include <string>

namespace refrain::testing {
namespace {

class StoreWriting : public FaultyStoreFixture {};

TEST_F(StoreWriting, AnInsertIsOneWrite) {
  const auto store = open();
  insert(*store, "a", "one");
  const std::int64_t writes = disk_->count(Calls::kWrite);

  insert(*store, "b", "two");

  EXPECT_EQ(disk_->count(Calls::kWrite), writes + 1);
}

TEST_F(StoreWriting, AnInsertIsSyncedAsItsDurabilitySays) {
  const auto syncs_of_an_insert = [&](Durability durability) {
    SegmentStore::Options used = options();
    used.durability = durability;
    const auto store = open(used);
    insert(*store, "a", "one");
    const std::int64_t syncs = disk_->count(Calls::kSync);
    insert(*store, "b", "two");
    return disk_->count(Calls::kSync) - syncs;
  };

  EXPECT_EQ(syncs_of_an_insert(Durability::kNone), 0);
  EXPECT_EQ(syncs_of_an_insert(Durability::kInterval), 0);
  EXPECT_EQ(syncs_of_an_insert(Durability::kAlways), 1);
}

TEST_F(StoreWriting, ASweepSyncsWhatWasInsertedBeforeAndNothingTwice) {
  SegmentStore::Options interval = options();
  interval.durability = Durability::kInterval;
  const auto store = open(interval);
  insert(*store, "a", "one");
  insert(*store, "b", "two");
  const std::int64_t before = disk_->count(Calls::kSync);

  ASSERT_TRUE(store->sweep().has_value());
  const std::int64_t after = disk_->count(Calls::kSync);
  ASSERT_TRUE(store->sweep().has_value());

  EXPECT_GT(after, before);
  EXPECT_EQ(disk_->count(Calls::kSync), after);
}

TEST_F(StoreWriting, AnErasureIsSyncedWhateverTheDurability) {
  const auto store = open();
  insert(*store, "a", "one");
  const std::int64_t syncs = disk_->count(Calls::kSync);

  EXPECT_TRUE(erase(*store, "a"));

  EXPECT_EQ(disk_->count(Calls::kSync), syncs + 3) << "the tombstone, META and its name";
}

TEST_F(StoreWriting, ErasingWhatIsUnknownWritesNothing) {
  const auto store = open();
  insert(*store, "a", "one");
  const std::int64_t writes = disk_->count(Calls::kWrite);

  EXPECT_FALSE(erase(*store, "b"));

  EXPECT_EQ(disk_->count(Calls::kWrite), writes);
}

TEST_F(StoreWriting, BuryingWhatIsUnknownWritesATombstone) {
  {
    const auto store = open();
    insert(*store, "a", "one");
    store->forget(sample_key("a"), &Removals::invalidated);
    EXPECT_TRUE(store->bury(sample_key("a")).has_value());
  }

  EXPECT_EQ(body_of(*open_by_scanning(), "a"), std::nullopt);
}

TEST_F(StoreWriting, WhatIsOnlyForgottenMayComeBack) {
  {
    const auto store = open();
    insert(*store, "a", "one");
    store->forget(sample_key("a"), &Removals::replaced);
    EXPECT_EQ(body_of(*store, "a"), std::nullopt);
    EXPECT_EQ(store->stats().removals.replaced, 1);
    expect_sums_hold(*store);
  }

  EXPECT_EQ(body_of(*open_by_scanning(), "a"), "one");
}

TEST_F(StoreWriting, AnErasureThatCannotBeWrittenRemovesTheSegmentsInstead) {
  SegmentStore::Options small = options();
  small.segment_size_bytes = 500;
  const auto store = open(small);
  insert(*store, "a", std::string(300, 'x'));
  insert(*store, "b", std::string(300, 'x'));
  disk_->fail(ENOSPC, Calls::kWrite);

  EXPECT_TRUE(erase(*store, "a"));

  disk_->heal();
  EXPECT_FALSE(std::filesystem::exists(segment(1)));
  EXPECT_EQ(body_of(*open_read_only(), "a"), std::nullopt);
  expect_sums_hold(*store);
}

TEST_F(StoreWriting, AClearThatCannotBeWrittenDownFailsAndForgetsAllTheSame) {
  const auto store = open();
  insert(*store, "a", "one");
  disk_->fail(EIO, Calls::kRename);

  EXPECT_FALSE(store->clear(5).has_value());

  EXPECT_EQ(store->epoch(), 1U);
  EXPECT_EQ(body_of(*store, "a"), std::nullopt);
  disk_->heal();
  EXPECT_TRUE(store->clear(5).has_value());
  EXPECT_EQ(store->epoch(), 5U);
  insert(*store, "b", "two");
  EXPECT_EQ(body_of(*open_read_only(), "b"), "two");
  expect_sums_hold(*store);
}

TEST_F(StoreWriting, AfterAClearThatFailedAltogetherNewEntriesStillTakeThePlaceOfOldOnes) {
  {
    const auto store = open();
    insert(*store, "a", "old");
    insert(*store, "b", "old");
    disk_->fail(EIO, Calls::kRename | Calls::kUnlink);
    EXPECT_FALSE(store->clear(5).has_value());
    disk_->heal();
    insert(*store, "a", "new");
    EXPECT_TRUE(store->erase(sample_key("b")).has_value());
  }

  const auto store = open_by_scanning();

  EXPECT_EQ(body_of(*store, "a"), "new");
  EXPECT_EQ(body_of(*store, "b"), std::nullopt);
}

TEST_F(StoreWriting, AfterAFailureThatCannotBeUndoneANewSegmentIsBegun) {
  const auto store = open();
  insert(*store, "a", "one");
  disk_->write_at_most(50);
  disk_->fail_from(1, EIO, Calls::kWrite | Calls::kTruncate);
  EXPECT_FALSE(store->insert(entry("b", std::string(500, 'x'))).has_value());
  disk_->heal();
  disk_->write_at_most(0);

  insert(*store, "c", "three");

  EXPECT_TRUE(std::filesystem::exists(segment(2)));
  EXPECT_EQ(bytes_in_segments(*store), segment_bytes());
  const auto reader = open_read_only();
  EXPECT_EQ(body_of(*reader, "a"), "one");
  EXPECT_EQ(body_of(*reader, "b"), std::nullopt);
  EXPECT_EQ(body_of(*reader, "c"), "three");
}

TEST_F(StoreWriting, VerifyWithRepairErasesWhatIsDamaged) {
  insert(*open(), "a", std::string(100, 'x'));
  flip_bit(segment(1), (segment_bytes() - 1) * 8);

  ASSERT_EQ(open()->verify(SegmentStore::Repair::kYes)->corrupt, 1);

  EXPECT_EQ(open_by_scanning()->stats().items, 0);
}

}  // namespace
}  // namespace refrain::testing
