// Reopening: with a snapshot, without one, with a wrong one, and by another program.
#include "refrain/disk/index_snapshot.h"
#include "refrain/disk/segment_store.h"

#include "faulty_store_fixture.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <string>

namespace refrain::testing {
namespace {

constexpr std::size_t kVersionAt = 8;  // in META, INDEX and the header of a segment

class TornSnapshot : public FaultyStoreFixture {
protected:
  [[nodiscard]] SegmentStore::Options in_small_segments() const {
    SegmentStore::Options small = options();
    small.segment_size_bytes = 400;
    return small;
  }

  /// Keys 0 to 5 in segments of two; 1 is erased.
  void make_six() {
    const auto store = open(in_small_segments());
    for (int i = 0; i < 6; ++i)
      insert(*store, std::to_string(i), body(i));
    erase(*store, "1");
  }

  static std::string body(int number) { return "the body of " + std::to_string(number); }

  static void expect_nothing_wrong(SegmentStore& store) {
    for (int i = 0; i < 6; ++i)
      EXPECT_EQ(body_of(store, std::to_string(i)).value_or(body(i)), body(i));
    EXPECT_EQ(body_of(store, "1"), std::nullopt);
  }
  static void expect_all_there(SegmentStore& store) {
    expect_nothing_wrong(store);
    EXPECT_EQ(store.stats().items, 5);
  }
};

/// How a store comes to be reopened.
enum class Reopening : std::uint8_t { kClosed, kKilled, kWithAStaleSnapshot };

TEST_F(TornSnapshot, Case07AgreesWithAModelHoweverItIsReopened) {
  SegmentStore::Options roomy = options();
  roomy.max_size_bytes = 64 << 20;
  roomy.segment_size_bytes = 64 << 10;
  roomy.ttl = std::chrono::hours(24 * 365);
  const auto read_snapshot = [&] {
    return std::filesystem::exists(snapshot()) ? std::optional(read_file(snapshot()))
                                               : std::nullopt;
  };
  std::mt19937 random(7);
  std::map<std::string, std::string> model;
  std::optional<std::string> stale;
  int stale_reopenings = 0;

  for (int round = 0; round < 18; ++round) {
    const auto reopening = static_cast<Reopening>(round % 3);
    std::optional<std::string> left;
    {
      const auto store = open(roomy);
      ASSERT_EQ(store->stats().items, static_cast<std::int64_t>(model.size()));
      for (int step = 0; step < 700; ++step) {
        const std::string name = "key " + std::to_string(random() % 150);
        const auto choice = random() % 1000;
        if (choice < 500) {
          const auto expected = model.find(name);
          ASSERT_EQ(body_of(*store, name),
                    expected == model.end() ? std::nullopt : std::optional(expected->second))
              << name << " in step " << step << " of round " << round;
        } else if (choice < 900) {
          const std::string body =
              name + " " + std::to_string(random()) + std::string(random() % 500, '.');
          ASSERT_TRUE(store->insert(lasting(name, body)).has_value());
          model[name] = body;
        } else if (choice < 990) {
          ASSERT_EQ(erase(*store, name), model.erase(name) == 1);
        } else {
          if (choice < 993) pass_snapshot_interval();
          ASSERT_TRUE(store->sweep().has_value());
        }
      }
      if (round % 7 == 5) {
        ASSERT_TRUE(store->clear(static_cast<std::uint64_t>(round)).has_value());
        model.clear();
      }
      expect_sums_hold(*store);
      // A process that is killed leaves the snapshot of its last sweep, if there is one.
      left = read_snapshot();
    }
    if (!stale || round % 4 == 0) stale = read_snapshot();
    if (reopening == Reopening::kClosed) continue;
    if (reopening == Reopening::kWithAStaleSnapshot) {
      left = stale;
      ++stale_reopenings;
    }
    left ? write_file(snapshot(), *left) : remove_snapshot();
  }

  EXPECT_EQ(stale_reopenings, 6);
}

TEST_F(TornSnapshot, Case07AStaleSnapshotBringsBackNothingThatWasErasedSince) {
  std::string stale;
  {
    const auto store = open(in_small_segments());
    insert(*store, "a", "old");
    insert(*store, "b", "two");
    pass_snapshot_interval();
    ASSERT_TRUE(store->sweep().has_value());
    stale = read_file(snapshot());
    insert(*store, "a", "new");
    erase(*store, "b");
  }
  write_file(snapshot(), stale);

  const auto store = open(in_small_segments());

  EXPECT_EQ(body_of(*store, "a"), "new");
  EXPECT_EQ(body_of(*store, "b"), std::nullopt);
  EXPECT_EQ(store->stats().scanned, 2);
}

TEST_F(TornSnapshot, Case10ASmallerLimitHoldsFromTheOpeningOnAndALargerOneKeepsAll) {
  make_six();
  const std::uint64_t before = bytes_on_disk();
  SegmentStore::Options smaller = in_small_segments();
  smaller.max_size_bytes = 1'000;

  {
    const auto store = open(smaller);
    EXPECT_LE(store->stats().size_bytes, 1'000);
    EXPECT_LT(bytes_on_disk(), before);
    expect_nothing_wrong(*store);
    EXPECT_GT(store->stats().items, 0);
    expect_sums_hold(*store);
  }
  SegmentStore::Options larger = in_small_segments();
  larger.max_size_bytes = 10 << 20;
  const auto store = open(larger);

  expect_nothing_wrong(*store);
  EXPECT_EQ(insert(*store, "7", std::string(2 << 20, 'x')), InsertOutcome::kStored);
}

TEST_F(TornSnapshot, Case10AnotherSegmentSizeKeepsAll) {
  make_six();

  for (const std::int64_t size : {50'000, 300, 0}) {
    SegmentStore::Options other = options();
    other.segment_size_bytes = size;
    expect_all_there(*open(other));
  }
}

TEST_F(TornSnapshot, Case10AnotherTtlIsReckonedFromTheInsertion) {
  make_six();
  SegmentStore::Options brief = in_small_segments();
  brief.ttl = std::chrono::minutes(10);
  clock_.advance(std::chrono::minutes(9));

  {
    const auto store = open(brief);
    expect_all_there(*store);
    EXPECT_GT(store->stats().scanned, 0) << "the snapshot was made with another ttl";
    clock_.advance(std::chrono::minutes(1));
    EXPECT_EQ(body_of(*store, "0"), std::nullopt);
  }
  expect_nothing_wrong(*open(in_small_segments()));
}

TEST_F(TornSnapshot, Case10AnOlderMetaBeginsAnewAndKeepsTheEpoch) {
  make_six();
  ASSERT_TRUE(open()->clear(7).has_value());
  insert(*open(), "a", "one");
  forge(meta(), 0, StoreMeta::kSize, kVersionAt, StoreMeta::kFormatVersion - 1);

  {
    const auto store = open();
    EXPECT_EQ(store->epoch(), 7U);
    EXPECT_EQ(store->stats().items, 0);
    EXPECT_EQ(segment_bytes(), 0U);
    EXPECT_EQ(insert(*store, "b", "two"), InsertOutcome::kStored);
  }
  const auto store = open();

  EXPECT_EQ(store->epoch(), 7U);
  EXPECT_EQ(body_of(*store, "a"), std::nullopt);
  EXPECT_EQ(body_of(*store, "b"), "two");
}

TEST_F(TornSnapshot, Case10ANewerMetaIsRefusedAndNothingIsTouched) {
  make_six();
  forge(meta(), 0, StoreMeta::kSize, kVersionAt, StoreMeta::kFormatVersion + 1);
  const Files before = files();

  for (const OpenMode mode : {OpenMode::kOwner, OpenMode::kReadOnly}) {
    SegmentStore::Options used = options();
    used.mode = mode;
    const Result<std::unique_ptr<SegmentStore>> store = try_open(used);
    ASSERT_FALSE(store.has_value());
    EXPECT_EQ(store.error().code(), ErrorCode::kUnprocessable);
  }

  EXPECT_EQ(files(), before);
}

TEST_F(TornSnapshot, Case10ANewerSegmentIsForeignAndLeftAlone) {
  make_six();
  forge(segment(2), 0, SegmentHeader::kSize, kVersionAt, SegmentHeader::kFormatVersion + 1);
  const std::string bytes = read_file(segment(2));

  for (const bool has_snapshot : {true, false}) {
    if (!has_snapshot) remove_snapshot();
    const auto store = open(in_small_segments());
    EXPECT_EQ(store->stats().foreign_files, 1);
    expect_nothing_wrong(*store);
    EXPECT_EQ(store->stats().items, 3);
    ASSERT_TRUE(store->sweep().has_value());
  }

  EXPECT_EQ(read_file(segment(2)), bytes);
}

TEST_F(TornSnapshot, Case10AnOlderSegmentIsTakenAway) {
  make_six();
  forge(segment(2), 0, SegmentHeader::kSize, kVersionAt, SegmentHeader::kFormatVersion - 1);

  const auto store = open(in_small_segments());

  EXPECT_FALSE(std::filesystem::exists(segment(2)));
  EXPECT_EQ(store->stats().items, 3);
  expect_nothing_wrong(*store);
}

TEST_F(TornSnapshot, Case10ARecordOfAnotherVersionIsNotRead) {
  constexpr std::size_t kRecordVersionAt = 4;
  make_six();
  const auto newer = static_cast<std::uint16_t>(RecordHeader::kFormatVersion + 1);
  forge(segment(1), record_after({}), RecordHeader::kSize, kRecordVersionAt, newer);

  const auto store = open_by_scanning(in_small_segments());

  EXPECT_EQ(body_of(*store, "0"), std::nullopt);
  EXPECT_EQ(body_of(*store, "2"), body(2));
  EXPECT_EQ(corruptions(*store, Corruption::Kind::kRecord), 1);
}

TEST_F(TornSnapshot, Case10ASnapshotOfAnotherVersionIsMadeAnew) {
  make_six();
  for (const std::uint32_t version :
       {SnapshotHeader::kFormatVersion + 1, SnapshotHeader::kFormatVersion - 1}) {
    forge(snapshot(), 0, SnapshotHeader::kSize, kVersionAt, version);

    {
      const auto store = open(in_small_segments());
      expect_all_there(*store);
      EXPECT_GT(store->stats().scanned, 0);
    }
    const auto store = open(in_small_segments());
    expect_all_there(*store);
    EXPECT_EQ(store->stats().scanned, 0);
  }
}

TEST_F(TornSnapshot, Case11EveryFlippedBitOfASnapshotIsTold) {
  make_six();
  const std::size_t bits = read_file(snapshot()).size() * 8;
  ASSERT_LT(bits, 4'000U);

  for (std::size_t bit = 0; bit < bits; ++bit) {
    flip_bit(snapshot(), bit);
    SegmentStore::Options read_only = in_small_segments();
    read_only.mode = OpenMode::kReadOnly;
    const auto store = open(read_only);
    expect_all_there(*store);
    EXPECT_EQ(corruptions(*store, Corruption::Kind::kIndex), 1);
    EXPECT_EQ(store->stats().scanned, 7);
    ASSERT_FALSE(HasFailure()) << bit;
    flip_bit(snapshot(), bit);
  }
}

TEST_F(TornSnapshot, Case11ACutSnapshotIsMadeAnewFromTheSegments) {
  make_six();
  const std::string index = read_file(snapshot());

  for (std::size_t size = index.size(); size-- > 0;) {
    write_file(snapshot(), std::string_view(index).substr(0, size));
    const auto store = open(in_small_segments());
    expect_all_there(*store);
    EXPECT_EQ(corruptions(*store, Corruption::Kind::kIndex), 1);
    EXPECT_FALSE(std::filesystem::exists(snapshot())) << "it could hold again by chance";
    ASSERT_FALSE(HasFailure()) << size;
  }
}

TEST_F(TornSnapshot, Case11AMissingSnapshotIsMadeAnewFromTheSegments) {
  make_six();
  {
    const auto store = open_by_scanning(in_small_segments());
    expect_all_there(*store);
    EXPECT_EQ(store->stats().damaged, 0);
    EXPECT_EQ(store->stats().scanned, 7);
  }

  EXPECT_EQ(open(in_small_segments())->stats().scanned, 0);
}

TEST_F(TornSnapshot, Case11ASnapshotOfAnotherGenerationSaysNothing) {
  make_six();
  const std::string index = read_file(snapshot());
  {
    const auto store = open(in_small_segments());
    ASSERT_TRUE(store->clear(2).has_value());
    insert(*store, "new", "one");
  }
  write_file(snapshot(), index);

  const auto store = open(in_small_segments());

  EXPECT_EQ(store->stats().items, 1);
  EXPECT_EQ(body_of(*store, "0"), std::nullopt);
  EXPECT_EQ(body_of(*store, "new"), "one");
}

TEST_F(TornSnapshot, Case11ASnapshotNewerThanItsSegmentsBringsNothingWrong) {
  make_six();
  const std::string index = read_file(snapshot());
  std::uint64_t last = 1;
  while (std::filesystem::exists(segment(last + 1)))
    ++last;
  const std::string bytes = read_file(segment(last));

  for (std::size_t size = bytes.size(); size-- > 0;) {
    write_file(snapshot(), index);
    write_file(segment(last), std::string_view(bytes).substr(0, size));
    const auto store = open(in_small_segments());
    expect_nothing_wrong(*store);
    insert(*store, "new", "one");
    EXPECT_EQ(body_of(*store, "new"), "one");
    store->forget(sample_key("new"), &Removals::invalidated);
    ASSERT_FALSE(HasFailure()) << size;
    for (std::uint64_t id = last + 1; std::filesystem::exists(segment(id)); ++id)
      std::filesystem::remove(segment(id));
  }
}

TEST_F(TornSnapshot, Case11AnIndexThatIsNoFileIsNotReadAndDoesNoHarm) {
  make_six();
  remove_snapshot();
  std::filesystem::create_symlink(meta(), snapshot());

  expect_all_there(*open(in_small_segments()));

  EXPECT_EQ(read_file(meta()).size(), StoreMeta::kSize);
  expect_all_there(*open(in_small_segments()));
}

}  // namespace
}  // namespace refrain::testing
