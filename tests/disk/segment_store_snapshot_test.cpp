// When a store writes its index down, and what that must not cost.
#include "refrain/disk/index_snapshot.h"
#include "refrain/disk/segment_store.h"

#include "faulty_store_fixture.h"

#include <gtest/gtest.h>

#include <string>

namespace refrain::testing {
namespace {

class StoreSnapshot : public FaultyStoreFixture {
protected:
  [[nodiscard]] bool has_snapshot() const { return std::filesystem::exists(snapshot()); }
};

TEST_F(StoreSnapshot, IsLeftWhenTheStoreIsClosed) {
  insert(*open(), "a", "one");

  EXPECT_TRUE(has_snapshot());
  EXPECT_EQ(std::filesystem::file_size(snapshot()), snapshot_size(1, 1));
  EXPECT_EQ(open()->stats().scanned, 0);
}

TEST_F(StoreSnapshot, IsNotWrittenAgainIfNothingHappened) {
  insert(*open(), "a", "one");
  const std::int64_t renames = disk_->count(Calls::kRename);

  {
    const auto store = open();
    EXPECT_TRUE(store->may_hold(sample_key("a")));
    pass_snapshot_interval();
    ASSERT_TRUE(store->sweep().has_value());
  }

  EXPECT_EQ(disk_->count(Calls::kRename), renames);
}

TEST_F(StoreSnapshot, OfASmallStoreIsWrittenEveryFiveMinutes) {
  const auto store = open();
  insert(*store, "a", "one");
  ASSERT_TRUE(store->sweep().has_value());
  EXPECT_FALSE(has_snapshot());

  clock_.advance(std::chrono::minutes(5));
  ASSERT_TRUE(store->sweep().has_value());

  EXPECT_TRUE(has_snapshot());
  const std::int64_t renames = disk_->count(Calls::kRename);
  clock_.advance(std::chrono::minutes(5));
  ASSERT_TRUE(store->sweep().has_value());
  EXPECT_EQ(disk_->count(Calls::kRename), renames) << "nothing has changed";
}

TEST_F(StoreSnapshot, RemembersWhatWasRead) {
  insert(*open(), "a", "one");
  {
    const auto store = open();
    for (int i = 0; i < 3; ++i)
      EXPECT_TRUE(body_of(*store, "a").has_value());
  }

  std::uint64_t reads = 0;
  open()->visit([&](const SegmentStore::StoredEntry& stored) {
    reads = stored.reads;
    return true;
  });

  EXPECT_EQ(reads, 3U);
}

TEST_F(StoreSnapshot, OnlyWhatCameAfterItIsScanned) {
  std::string index;
  {
    const auto store = open();
    for (int i = 0; i < 10; ++i)
      insert(*store, std::to_string(i), "x");
    pass_snapshot_interval();
    ASSERT_TRUE(store->sweep().has_value());
    index = read_file(snapshot());
    insert(*store, "10", "x");
    erase(*store, "3");
  }
  write_file(snapshot(), index);

  const auto store = open();

  EXPECT_EQ(store->stats().scanned, 2);
  EXPECT_EQ(store->stats().items, 10);
  EXPECT_EQ(body_of(*store, "3"), std::nullopt);
}

TEST_F(StoreSnapshot, ThatCannotBeWrittenLeavesNoDraftAndCostsNothingElse) {
  for (const Calls calls : {Calls::kOpen, Calls::kWrite, Calls::kRename}) {
    const auto store = open();
    insert(*store, "a", "one");
    const std::int64_t size = store->stats().size_bytes;
    pass_snapshot_interval();
    disk_->fail(EIO, calls);

    EXPECT_FALSE(store->sweep().has_value());

    disk_->heal();
    EXPECT_FALSE(has_snapshot());
    EXPECT_FALSE(std::filesystem::exists(directory() / StoreDirectory::kIndexDraftName));
    EXPECT_LE(store->stats().size_bytes, size);
    EXPECT_EQ(body_of(*store, "a"), "one");
    remove_snapshot();
  }
}

TEST_F(StoreSnapshot, TakesPartInTheLimit) {
  SegmentStore::Options tight = options();
  tight.max_size_bytes = 40'000;
  tight.segment_size_bytes = 2'000;
  const auto store = open(tight);
  for (int i = 0; i < 400; ++i) {
    insert(*store, std::to_string(i), "x");
    if (i % 40 == 0) {
      pass_snapshot_interval();
      ASSERT_TRUE(store->sweep().has_value());
      ASSERT_LE(bytes_on_disk(), 40'000U);
      ASSERT_LE(store->stats().size_bytes, 40'000);
    }
  }

  EXPECT_TRUE(has_snapshot());
  EXPECT_GT(store->stats().removals.capacity, 0);
  expect_sums_hold(*store);
}

TEST_F(StoreSnapshot, OfAnIndexFullOfHolesIsNoLargerThanWasReckoned) {
  SegmentStore::Options roomy = options();
  roomy.max_size_bytes = 4 << 20;
  const auto store = open(roomy);
  for (int i = 0; i < 9'000; ++i)
    insert(*store, std::to_string(i), "x");
  for (int i = 0; i < 9'000; ++i)
    if (i % 4'000 != 0) store->forget(sample_key(std::to_string(i)), &Removals::invalidated);
  pass_snapshot_interval();

  ASSERT_TRUE(store->sweep().has_value());

  EXPECT_EQ(std::filesystem::file_size(snapshot()),
            SnapshotHeader::kSize + SnapshotChunk::size_of(2) + SnapshotChunk::size_of(1));
  EXPECT_GE(store->stats().size_bytes, static_cast<std::int64_t>(bytes_on_disk()));
}

TEST_F(StoreSnapshot, ThatWouldTakeAQuarterOfTheStoreIsNotWritten) {
  SegmentStore::Options tiny = options();
  tiny.max_size_bytes = 1'000;
  {
    const auto store = open(tiny);
    for (int i = 0; i < 3; ++i)
      insert(*store, std::to_string(i), "");
    EXPECT_GT(snapshot_size(3, 3), 0U);
    EXPECT_LE(store->stats().size_bytes, 1'000);
  }

  EXPECT_LE(bytes_on_disk(), 1'000U);
  EXPECT_EQ(has_snapshot(), snapshot_size(3, 3) <= 250);
}

TEST_F(StoreSnapshot, IsRemovedByAClear) {
  insert(*open(), "a", "one");
  const auto store = open();

  ASSERT_TRUE(store->clear(2).has_value());

  EXPECT_FALSE(has_snapshot());
}

TEST_F(StoreSnapshot, IsNeitherReadNorWrittenIntoAnotherDirectory) {
  {
    const auto store = open();
    insert(*store, "a", "one");
    std::filesystem::rename(directory(), directory().string() + ".old");
    std::filesystem::create_directory(directory());
  }

  EXPECT_TRUE(std::filesystem::is_empty(directory()));
}

}  // namespace
}  // namespace refrain::testing
