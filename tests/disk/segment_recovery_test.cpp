#include "refrain/disk/segment_recovery.h"

#include "store_fixture.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

namespace refrain::testing {
namespace {

class SegmentRecoveryTest : public StoreFixture {
protected:
  /// Segment 1: b, then a, which is erased, then c.
  void make_sample() {
    const auto store = open();
    insert(*store, "b", "body of b");
    insert(*store, "a", "body of a");
    erase(*store, "a");
    insert(*store, "c", "body of c");
  }
  /// The same, left as by a crash: without a snapshot.
  void make_scanned_sample() {
    make_sample();
    remove_snapshot();
  }

  /// Whatever was done to the files: nothing erased is back, and no byte is wrong.
  static void expect_nothing_wrong(SegmentStore& store) {
    EXPECT_EQ(body_of(store, "a"), std::nullopt);
    EXPECT_EQ(body_of(store, "b").value_or("body of b"), "body of b");
    EXPECT_EQ(body_of(store, "c").value_or("body of c"), "body of c");
  }
};

TEST_F(SegmentRecoveryTest, NoFlippedBitBringsBackTheErasedOrChangesAByte) {
  make_scanned_sample();
  const std::size_t size = read_file(segment(1)).size();
  // The erased entry's own payload: nobody reads it any more.
  const std::size_t record = RecordHeader::kSize + std::string_view("text/plainbody of b").size();
  const std::size_t dead_begin = SegmentHeader::kSize + record + RecordHeader::kSize;
  const std::size_t dead_end = SegmentHeader::kSize + 2 * record;

  for (std::size_t bit = 0; bit < size * 8; ++bit) {
    flip_bit(segment(1), bit);
    const auto store = open_read_only();
    expect_nothing_wrong(*store);
    const bool is_dead = bit / 8 >= dead_begin && bit / 8 < dead_end;
    EXPECT_NE(is_dead, store->stats().damaged + store->stats().removals.corrupt == 1);
    ASSERT_FALSE(HasFailure()) << bit;
    flip_bit(segment(1), bit);
  }
}

TEST_F(SegmentRecoveryTest, NoTruncationBringsBackTheErasedOrChangesAByte) {
  make_scanned_sample();

  for (std::size_t size = read_file(segment(1)).size(); size-- > 0;) {
    std::filesystem::resize_file(segment(1), size);
    expect_nothing_wrong(*open_read_only());
    ASSERT_FALSE(HasFailure()) << size;
  }
}

TEST_F(SegmentRecoveryTest, NoFlippedBitInMetaLosesOrBringsBackAnEntry) {
  make_scanned_sample();

  for (std::size_t bit = 0; bit < StoreMeta::kSize * 8; ++bit) {
    flip_bit(meta(), bit);
    const auto store = open_read_only();
    expect_nothing_wrong(*store);
    EXPECT_EQ(store->stats().items, 2);
    EXPECT_EQ(store->stats().damaged, 1);
    ASSERT_FALSE(HasFailure()) << bit;
    flip_bit(meta(), bit);
  }
}

TEST_F(SegmentRecoveryTest, KeepsWhatLiesBeforeTheDamage) {
  {
    const auto store = open();
    insert(*store, "a", "body of a");
    insert(*store, "b", "body of b");
  }
  const std::size_t size = read_file(segment(1)).size();
  const std::size_t second = SegmentHeader::kSize + (size - SegmentHeader::kSize) / 2;
  flip_bit(segment(1), (second + 20) * 8);

  const auto store = open_by_scanning();

  EXPECT_EQ(body_of(*store, "a"), "body of a");
  EXPECT_EQ(body_of(*store, "b"), std::nullopt);
  EXPECT_EQ(store->stats().damaged, 1);
  insert(*store, "c", "body of c");
  EXPECT_TRUE(std::filesystem::exists(segment(2))) << "nothing is appended behind damage";
  EXPECT_EQ(body_of(*store, "c"), "body of c");
}

TEST_F(SegmentRecoveryTest, ForgetsWhatALostTombstoneMayHaveErased) {
  SegmentStore::Options small = options();
  small.segment_size_bytes = 200;
  {
    const auto store = open(small);
    insert(*store, "a", "body of a");
    insert(*store, "b", "body of b");
    erase(*store, "a");
    insert(*store, "c", "body of c");
  }
  ASSERT_TRUE(std::filesystem::exists(segment(3)));
  ASSERT_TRUE(std::filesystem::exists(segment(4)));
  std::filesystem::remove(segment(3));

  const auto store = open_by_scanning(small);

  EXPECT_EQ(body_of(*store, "a"), std::nullopt);
  EXPECT_EQ(body_of(*store, "b"), std::nullopt);
  EXPECT_EQ(body_of(*store, "c"), "body of c");
}

TEST_F(SegmentRecoveryTest, CutsATornTailAndGoesOnBehindIt) {
  {
    const auto store = open();
    insert(*store, "a", "body of a");
    insert(*store, "b", "body of b");
  }
  const std::string bytes = read_file(segment(1));
  write_file(segment(1), bytes.substr(0, bytes.size() - 3));

  {
    const auto store = open_by_scanning();
    EXPECT_EQ(body_of(*store, "a"), "body of a");
    EXPECT_EQ(body_of(*store, "b"), std::nullopt);
    EXPECT_EQ(store->stats().damaged, 0);
    insert(*store, "c", "body of c");
  }
  const auto store = open();

  EXPECT_EQ(body_of(*store, "a"), "body of a");
  EXPECT_EQ(body_of(*store, "c"), "body of c");
  EXPECT_FALSE(std::filesystem::exists(segment(2)));
}

TEST_F(SegmentRecoveryTest, LeavesForeignFilesAlone) {
  insert(*open(), "a", "body of a");
  write_file(directory() / "README.txt", "mine");
  write_file(directory() / "photo.seg", "mine too");
  write_file(segment(77), "not a segment, but named like one");
  std::filesystem::create_directory(directory() / "0000000000000099.seg");
  ASSERT_EQ(::mkfifo((directory() / "00000000000000aa.seg").c_str(), 0600), 0);
  std::filesystem::create_symlink(directory() / "README.txt", directory() / "00000000000000bb.seg");

  {
    const auto store = open();
    EXPECT_EQ(body_of(*store, "a"), "body of a");
    EXPECT_EQ(store->stats().foreign_files, 6);
    EXPECT_EQ(store->stats().damaged, 1);
    ASSERT_TRUE(store->clear(2).has_value());
    EXPECT_EQ(insert(*store, "b", "body of b"), InsertOutcome::kStored);
    EXPECT_EQ(body_of(*store, "b"), "body of b");
  }

  EXPECT_EQ(read_file(directory() / "README.txt"), "mine");
  EXPECT_EQ(read_file(directory() / "photo.seg"), "mine too");
  EXPECT_EQ(read_file(segment(77)), "not a segment, but named like one");
  EXPECT_TRUE(std::filesystem::is_directory(directory() / "0000000000000099.seg"));
}

TEST_F(SegmentRecoveryTest, DoesNotReadACopyUnderAnotherName) {
  {
    const auto store = open();
    insert(*store, "a", "old");
    std::filesystem::copy_file(segment(1), segment(5));
    insert(*store, "a", "new");
  }

  const auto store = open();

  EXPECT_EQ(body_of(*store, "a"), "new");
  EXPECT_EQ(store->stats().items, 1);
  EXPECT_TRUE(std::filesystem::exists(segment(5)));
}

TEST_F(SegmentRecoveryTest, RemovesItsOwnSegmentWhoseHeaderIsDamaged) {
  insert(*open(), "a", "body of a");
  flip_bit(segment(1), 3 * 8);

  const auto store = open();

  EXPECT_EQ(store->stats().damaged, 1);
  EXPECT_EQ(store->stats().items, 0);
  EXPECT_FALSE(std::filesystem::exists(segment(1)));
}

TEST_F(SegmentRecoveryTest, RemovesAnEmptySegmentThatADyingWriterLeft) {
  insert(*open(), "a", "body of a");
  write_file(segment(2), "");

  const auto store = open();

  EXPECT_FALSE(std::filesystem::exists(segment(2)));
  EXPECT_EQ(store->stats().damaged, 0);
  EXPECT_EQ(body_of(*store, "a"), "body of a");
}

TEST_F(SegmentRecoveryTest, FinishesAnInterruptedClear) {
  make_sample();
  const std::string bytes = read_file(segment(1));
  ASSERT_TRUE(open()->clear(5).has_value());
  write_file(segment(1), bytes);  // as if the process had died before it was removed

  const auto store = open();

  EXPECT_EQ(store->stats().items, 0);
  EXPECT_EQ(store->epoch(), 5U);
  EXPECT_FALSE(std::filesystem::exists(segment(1)));
}

TEST_F(SegmentRecoveryTest, RebuildsALostMetaFromTheSegments) {
  {
    const auto store = open();
    ASSERT_TRUE(store->clear(6).has_value());
    insert(*store, "a", "body of a");
  }
  std::filesystem::remove(meta());

  EXPECT_EQ(open()->epoch(), 6U);
  const auto store = open();

  EXPECT_EQ(store->epoch(), 6U);
  EXPECT_EQ(body_of(*store, "a"), "body of a");
}

TEST_F(SegmentRecoveryTest, SetsAnUnreadableMetaAside) {
  make_sample();
  write_file(meta(), "somebody's notes");

  const auto store = open();

  EXPECT_EQ(store->stats().items, 2);
  EXPECT_EQ(read_file(directory() / StoreDirectory::kMetaDamagedName), "somebody's notes");
}

TEST_F(SegmentRecoveryTest, AnExpiredEntryShadowsWhatItReplaced) {
  {
    const auto store = open();
    insert(*store, "a", "old");
    EntryMetadata metadata = entry("a", "").metadata();
    metadata.fresh_until = clock_.now() + std::chrono::minutes(1);
    metadata.usable_until = metadata.fresh_until;
    ASSERT_TRUE(store->insert(Entry::make(metadata, "text/plain", "new")).has_value());
  }
  clock_.advance(std::chrono::minutes(2));

  const auto store = open();

  EXPECT_EQ(body_of(*store, "a"), std::nullopt);
  EXPECT_EQ(store->stats().items, 0);
}

TEST_F(SegmentRecoveryTest, AClockThatRanAheadMakesNoEntryImmortal) {
  SegmentStore::Options brief = options();
  brief.ttl = std::chrono::minutes(10);
  clock_.advance(std::chrono::hours(24 * 365));
  {
    const auto store = open(brief);
    insert(*store, "a", "from the future");
  }
  clock_.advance(-std::chrono::hours(24 * 365));

  const auto store = open(brief);

  EXPECT_EQ(body_of(*store, "a"), "from the future");
  clock_.advance(std::chrono::minutes(10));
  EXPECT_EQ(body_of(*store, "a"), std::nullopt);
}

TEST_F(SegmentRecoveryTest, TtlCountsFromTheInsertionNotFromTheReopening) {
  SegmentStore::Options brief = options();
  brief.ttl = std::chrono::minutes(10);
  insert(*open(brief), "a", "body of a");
  clock_.advance(std::chrono::minutes(9));
  EXPECT_EQ(body_of(*open(brief), "a"), "body of a");
  clock_.advance(std::chrono::minutes(1));

  EXPECT_EQ(body_of(*open(brief), "a"), std::nullopt);
}

}  // namespace
}  // namespace refrain::testing
