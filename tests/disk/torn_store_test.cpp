// Bytes that are not what was written, and files that should not be there: docs/reliability.md.
#include "refrain/disk/segment_store.h"

#include "faulty_store_fixture.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <array>
#include <cstdint>
#include <limits>
#include <string>

namespace refrain::testing {
namespace {

const std::string kBody(200, 'a');
const std::string kOther(200, 'b');

class TornStore : public FaultyStoreFixture {
protected:
  /// Segment 1: a, b and c, in this order.
  void make_three() {
    const auto store = open();
    insert(*store, "a", kBody);
    insert(*store, "b", kOther);
    insert(*store, "c", kBody);
  }

  static void expect_right_or_missing(SegmentStore& store) {
    EXPECT_EQ(body_of(store, "a").value_or(kBody), kBody);
    EXPECT_EQ(body_of(store, "b").value_or(kOther), kOther);
    EXPECT_EQ(body_of(store, "c").value_or(kBody), kBody);
  }
};

TEST_F(TornStore, Case01AnOverwrittenEntryIsAMissCountedAndNotThrown) {
  const auto store = open();
  insert(*store, "a", kBody);
  insert(*store, "b", kOther);
  const std::uint64_t middle = record_after({}) + RecordHeader::kSize + 80;

  overwrite(segment(1), middle, std::string(42, 'z'));

  EXPECT_EQ(body_of(*store, "a"), std::nullopt);
  EXPECT_EQ(body_of(*store, "a"), std::nullopt);
  EXPECT_EQ(body_of(*store, "b"), kOther);
  EXPECT_EQ(corruptions(*store, Corruption::Kind::kPayload), 1);
  EXPECT_EQ(store->stats().removals.corrupt, 1);
  expect_sums_hold(*store);
}

TEST_F(TornStore, Case02ADamagedValueIsOneMissAndOneOnly) {
  make_three();
  flip_bit(segment(1), (record_after({200}) + RecordHeader::kSize + 30) * 8);

  for (const bool has_snapshot : {true, false}) {
    if (!has_snapshot) remove_snapshot();
    const auto store = open_read_only();
    EXPECT_EQ(body_of(*store, "a"), kBody);
    EXPECT_EQ(body_of(*store, "b"), std::nullopt);
    EXPECT_EQ(body_of(*store, "c"), kBody);
    EXPECT_EQ(corruptions(*store, Corruption::Kind::kPayload), 1);
    EXPECT_EQ(store->stats().damaged, 0);
  }
}

TEST_F(TornStore, Case02WithASnapshotADamagedHeaderCostsItsEntryOnly) {
  make_three();
  flip_bit(segment(1), (record_after({200}) + 20) * 8);

  const auto store = open();

  EXPECT_EQ(body_of(*store, "a"), kBody);
  EXPECT_EQ(body_of(*store, "b"), std::nullopt);
  EXPECT_EQ(body_of(*store, "c"), kBody);
  EXPECT_EQ(corruptions(*store, Corruption::Kind::kRecord), 1);
}

TEST_F(TornStore, Case02WithoutASnapshotScanningStopsAtADamagedHeader) {
  make_three();
  flip_bit(segment(1), (record_after({200}) + 20) * 8);

  const auto store = open_by_scanning();

  EXPECT_EQ(body_of(*store, "a"), kBody);
  EXPECT_EQ(body_of(*store, "b"), std::nullopt);
  EXPECT_EQ(body_of(*store, "c"), std::nullopt);
  EXPECT_EQ(corruptions(*store, Corruption::Kind::kRecord), 1);
  insert(*store, "d", kBody);
  EXPECT_EQ(body_of(*store, "d"), kBody);
}

TEST_F(TornStore, Case03CutAtAnyByteItServesNoWrongValueAndGoesOn) {
  make_three();
  const std::string bytes = read_file(segment(1));
  const std::string index = read_file(snapshot());

  for (std::size_t size = bytes.size(); size-- > 0;) {
    const bool has_snapshot = size % 2 == 0;
    std::filesystem::remove(segment(2));
    write_file(segment(1), std::string_view(bytes).substr(0, size));
    has_snapshot ? write_file(snapshot(), index) : remove_snapshot();
    {
      const auto store = open();
      expect_right_or_missing(*store);
      if (size >= record_after({200})) EXPECT_EQ(body_of(*store, "a"), kBody);
      insert(*store, "d", kOther);
    }
    const auto store = open_by_scanning();
    expect_right_or_missing(*store);
    EXPECT_EQ(body_of(*store, "d"), kOther);
    ASSERT_FALSE(HasFailure()) << "cut to " << size;
  }
}

TEST_F(TornStore, Case03CutUnderAnOpenStoreItServesNoWrongValue) {
  make_three();
  const std::string bytes = read_file(segment(1));

  for (std::size_t size = 0; size < bytes.size(); size += 7) {
    write_file(segment(1), bytes);
    const auto store = open_read_only();
    std::filesystem::resize_file(segment(1), size);
    expect_right_or_missing(*store);
    EXPECT_EQ(body_of(*store, "c"), std::nullopt);
    expect_sums_hold(*store);
    ASSERT_FALSE(HasFailure()) << "cut to " << size;
  }
}

TEST_F(TornStore, Case04ForgedLengthsCostTheEntryAndNoMemory) {
  constexpr std::size_t kBodySizeAt = 8;
  make_three();
  const std::string bytes = read_file(segment(1));
  const std::string index = read_file(snapshot());

  for (const std::uint32_t size : {std::uint32_t{0},
                                   std::uint32_t{1} << 31U,
                                   std::numeric_limits<std::uint32_t>::max(),
                                   std::uint32_t{201}}) {
    write_file(segment(1), bytes);
    forge(segment(1), record_after({200}), RecordHeader::kSize, kBodySizeAt, size);
    for (const bool has_snapshot : {true, false}) {
      has_snapshot ? write_file(snapshot(), index) : remove_snapshot();
      const auto store = open_read_only();
      EXPECT_EQ(body_of(*store, "a"), kBody);
      EXPECT_EQ(body_of(*store, "b"), std::nullopt);
      EXPECT_EQ(body_of(*store, "c"), has_snapshot ? std::optional(kBody) : std::nullopt);
      // What is read is what the files have, whatever a header says.
      const Result<SegmentStore::VerifyReport> report = store->verify(SegmentStore::Repair::kNo);
      ASSERT_TRUE(report.has_value());
      EXPECT_LE(report->bytes, static_cast<std::int64_t>(bytes.size()));
      ASSERT_FALSE(HasFailure()) << size << (has_snapshot ? " with" : " without") << " INDEX";
    }
  }
}

TEST_F(TornStore, Case04ASnapshotWithForgedLengthsCostsTheEntryAndNoMemory) {
  // A chunk's checksum covers its entries: the one of 200 bytes becomes another by being encoded.
  make_three();
  const std::string index = read_file(snapshot());
  const auto chunk = std::span<const char>(index).subspan(SnapshotHeader::kSize);
  Result<std::vector<IndexedEntry>> entries = decode_snapshot_chunk(chunk);
  ASSERT_TRUE(entries.has_value());

  for (const std::uint32_t size : {std::uint32_t{0},
                                   std::uint32_t{1} << 31U,
                                   std::numeric_limits<std::uint32_t>::max(),
                                   std::uint32_t{211}}) {
    for (IndexedEntry& entry : *entries)
      entry.location.payload_size = size;
    write_file(snapshot(),
               index.substr(0, SnapshotHeader::kSize) + encode_snapshot_chunk(*entries));
    const auto store = open_read_only();
    expect_right_or_missing(*store);
    EXPECT_EQ(store->stats().items, 0);
    ASSERT_FALSE(HasFailure()) << size;
  }
}

TEST_F(TornStore, Case05WhatWasInsertedIsFoundAgainAfterReopening) {
  {
    const auto store = open();
    EXPECT_EQ(insert(*store, "a", kBody), InsertOutcome::kStored);
    EXPECT_EQ(body_of(*store, "a"), kBody);
  }

  EXPECT_EQ(body_of(*open(), "a"), kBody);
  EXPECT_EQ(body_of(*open_by_scanning(), "a"), kBody);
}

TEST_F(TornStore, Case05WhatWasErasedStaysErasedAfterReopening) {
  make_three();
  EXPECT_TRUE(erase(*open(), "b"));

  EXPECT_EQ(body_of(*open(), "b"), std::nullopt);
  const auto store = open_by_scanning();
  EXPECT_EQ(body_of(*store, "b"), std::nullopt);
  EXPECT_EQ(body_of(*store, "a"), kBody);
}

TEST_F(TornStore, Case05WhatWasClearedStaysEmptyAfterReopening) {
  make_three();
  EXPECT_TRUE(open()->clear(2).has_value());

  EXPECT_EQ(open()->stats().items, 0);
  EXPECT_EQ(open_by_scanning()->stats().items, 0);
}

TEST_F(TornStore, Case06MoreTombstonesThanAPageHoldsAreAllHeeded) {
  constexpr int kErased = 5'000;
  SegmentStore::Options roomy = options();
  roomy.max_size_bytes = 16 << 20;
  const auto name = [](int number) {
    return "key " + std::to_string(number);
  };
  const auto expect_all_gone = [&](SegmentStore& store) {
    EXPECT_EQ(store.stats().items, 1);
    for (int i = 0; i < kErased; ++i) {
      ASSERT_FALSE(store.may_hold(sample_key(name(i)))) << i;
      ASSERT_FALSE(erase(store, name(i))) << i;
    }
    EXPECT_EQ(body_of(store, "kept"), "body");
    EXPECT_EQ(store.stats().damaged, 0);
  };
  {
    const auto store = open(roomy);
    insert(*store, "kept", "body");
    for (int i = 0; i < kErased; ++i)
      insert(*store, name(i), "x");
    for (int i = 0; i < kErased; ++i)
      ASSERT_TRUE(erase(*store, name(i)));
  }

  expect_all_gone(*open(roomy));
  expect_all_gone(*open_by_scanning(roomy));
  expect_all_gone(*open(roomy));
}

/// Two keys of one fingerprint, which no honest hash function gives.
std::array<CacheKey, 2> colliding_keys() {
  std::array<std::uint8_t, CacheKey::kSize> first{};
  std::array<std::uint8_t, CacheKey::kSize> second{};
  second.back() = 1;
  return {CacheKey(first), CacheKey(second)};
}

TEST_F(TornStore, Case14KeysOfOneFingerprintAreNeverSwapped) {
  const auto [first, second] = colliding_keys();
  const auto body = [](SegmentStore& store, const CacheKey& key) {
    const Result<std::optional<Entry>> found = store.find(key);
    return found && *found ? std::string((*found)->body()) : std::string("none");
  };
  const auto body_now = [](SegmentStore& store, const CacheKey& key) {
    Result<ImmediateLookup> found = store.find_now(key, BodyPlace::kMemory);
    return found && found->entry() ? std::string(found->entry()->body()) : std::string("none");
  };
  {
    const auto store = open();
    ASSERT_TRUE(store->insert(sample_entry(first, clock_.now(), "of the first")).has_value());
    ASSERT_TRUE(store->insert(sample_entry(second, clock_.now(), "of the second")).has_value());
    EXPECT_EQ(body(*store, first), "none");
    EXPECT_EQ(body_now(*store, first), "none");
    EXPECT_EQ(body(*store, second), "of the second");
    EXPECT_EQ(body_now(*store, second), "of the second");
    EXPECT_EQ(store->stats().removals.corrupt, 0);
  }

  for (const bool has_snapshot : {true, false}) {
    if (!has_snapshot) remove_snapshot();
    const auto store = open_read_only();
    EXPECT_EQ(body(*store, first), "none");
    EXPECT_EQ(body(*store, second), "of the second");
  }
}

TEST_F(TornStore, Case14ErasingOneKeyOfAFingerprintDoesNotEraseTheOther) {
  const auto [first, second] = colliding_keys();
  const auto store = open();
  ASSERT_TRUE(store->insert(sample_entry(second, clock_.now(), "of the second")).has_value());

  EXPECT_FALSE(store->erase(first).value());

  EXPECT_TRUE(store->find(second).value().has_value());
  EXPECT_TRUE(store->erase(second).value());
  EXPECT_FALSE(store->find(second).value().has_value());
}

TEST_F(TornStore, Case16ForeignFilesAreCountedAndLeftAlone) {
  make_three();
  remove_snapshot();
  write_file(directory() / "notes.txt", "mine");
  write_file(segment(0x70), "named like a segment, and none");
  std::filesystem::create_directory(segment(0x71));
  ASSERT_EQ(::mkfifo(segment(0x72).c_str(), 0600), 0);
  std::filesystem::create_symlink(directory() / "notes.txt", segment(0x73));

  {
    const auto store = open();
    EXPECT_EQ(store->stats().foreign_files, 5);
    EXPECT_EQ(store->stats().items, 3);
    expect_right_or_missing(*store);
    ASSERT_TRUE(store->clear(2).has_value());
    EXPECT_EQ(insert(*store, "d", kBody), InsertOutcome::kStored);
  }

  EXPECT_EQ(body_of(*open(), "d"), kBody);
  EXPECT_EQ(read_file(directory() / "notes.txt"), "mine");
  EXPECT_EQ(read_file(segment(0x70)), "named like a segment, and none");
  EXPECT_TRUE(std::filesystem::is_directory(segment(0x71)));
  EXPECT_TRUE(std::filesystem::is_fifo(segment(0x72)));
  EXPECT_TRUE(std::filesystem::is_symlink(segment(0x73)));
}

TEST_F(TornStore, Case16AMissingSegmentCostsItsEntriesOnly) {
  SegmentStore::Options small = options();
  small.segment_size_bytes = 400;
  {
    const auto store = open(small);
    insert(*store, "a", kBody);
    insert(*store, "b", kOther);
    insert(*store, "c", kBody);
  }
  std::filesystem::remove(segment(2));

  for (const bool has_snapshot : {true, false}) {
    if (!has_snapshot) remove_snapshot();
    const auto store = open(small);
    EXPECT_EQ(body_of(*store, "a"), kBody);
    EXPECT_EQ(body_of(*store, "b"), std::nullopt);
    EXPECT_EQ(body_of(*store, "c"), kBody);
    EXPECT_EQ(store->stats().items, 2);
  }
}

TEST_F(TornStore, Case16AnEmptySegmentIsTakenAway) {
  make_three();
  write_file(segment(2), "");

  const auto store = open();

  EXPECT_FALSE(std::filesystem::exists(segment(2)));
  EXPECT_EQ(store->stats().items, 3);
  EXPECT_EQ(store->stats().damaged, 0);
}

TEST_F(TornStore, Case16ASegmentThatGrewByGarbageKeepsWhatItHad) {
  make_three();
  write_file(segment(1), read_file(segment(1)) + std::string(1000, 'g'));

  for (const bool has_snapshot : {true, false}) {
    if (!has_snapshot) remove_snapshot();
    const auto store = open(options());
    EXPECT_EQ(store->stats().items, has_snapshot ? 3 : 4);
    EXPECT_EQ(corruptions(*store, Corruption::Kind::kRecord), 1);
    EXPECT_EQ(body_of(*store, "c"), kBody);
    EXPECT_EQ(insert(*store, "d", kOther), InsertOutcome::kStored);
    EXPECT_EQ(body_of(*store, "d"), kOther);
  }
}

TEST_F(TornStore, Case18AnEntryLargerThanTheStoreIsRefusedAndNothingElseLeaves) {
  const auto store = open();
  insert(*store, "a", kBody);

  EXPECT_EQ(insert(*store, "b", std::string(2 << 20, 'x')), InsertOutcome::kRefused);

  EXPECT_EQ(body_of(*store, "a"), kBody);
  EXPECT_EQ(store->stats().refusals, 1);
}

TEST_F(TornStore, Case18ATinyStoreOpensOrSaysWhyNotAndNeverExceedsItsSize) {
  constexpr std::int64_t kBlock = 512;
  file_system_ = disk_ = std::make_shared<FaultyFileSystem>(kBlock);
  for (std::int64_t size = 1; size < 20 * kBlock; size += 97) {
    SegmentStore::Options tiny = options();
    tiny.directory = directory() / std::to_string(size);
    tiny.max_size_bytes = size;
    const Result<std::unique_ptr<SegmentStore>> store = try_open(tiny);
    if (!store) {
      EXPECT_EQ(store.error().code(), ErrorCode::kInvalidArgument);
      EXPECT_LT(size, 5 * kBlock) << "there is room for its own files and one more";
      continue;
    }
    for (const std::size_t body : {0U, 1U, 50U, 200U, 500U, 900U, 5'000U}) {
      ASSERT_TRUE((*store)->insert(entry("a", std::string(body, 'x'))).has_value())
          << body << " bytes in " << size;
      ASSERT_LE((*store)->stats().size_bytes, size);
    }
    ASSERT_TRUE((*store)->sweep().has_value());
    expect_sums_hold(**store);
  }
}

TEST_F(TornStore, Case18ACapacityThatIsNoMultipleOfBlocksIsNotExceeded) {
  file_system_ = disk_ = std::make_shared<FaultyFileSystem>(4096);
  SegmentStore::Options odd = options();
  odd.max_size_bytes = 300'001;
  const auto store = open(odd);

  for (int i = 0; i < 200; ++i) {
    insert(*store, std::to_string(i), std::string(static_cast<std::size_t>(i) * 97, 'x'));
    ASSERT_LE(store->stats().size_bytes, 300'001);
  }

  EXPECT_GT(store->stats().removals.capacity, 0);
  EXPECT_GT(store->stats().items, 5);
  expect_sums_hold(*store);
}

TEST_F(TornStore, Case18FullOfEntriesBeingReadItFailsAndRecoversWhenTheyAreLetGo) {
  SegmentStore::Options tight = options();
  tight.max_size_bytes = 20'000;
  const auto store = open(tight);
  std::vector<Entry> held;
  const auto hold = [&](const std::string& name) {
    static_cast<void>(store->find(sample_key(name)));
    Result<ImmediateLookup> found = store->find_now(sample_key(name), BodyPlace::kMemoryOrFile);
    ASSERT_TRUE(found.has_value() && found->entry().has_value());
    ASSERT_NE(found->entry()->file_body(), nullptr);
    held.push_back(std::move(*found->entry()));
  };
  for (int i = 0; i < 4; ++i) {
    insert(*store, std::to_string(i), std::string(4'000, 'x'));
    hold(std::to_string(i));
  }

  Result<InsertOutcome> outcome = InsertOutcome::kStored;
  for (int i = 4; i < 20 && outcome; ++i)
    outcome = store->insert(entry(std::to_string(i), std::string(4'000, 'x')));

  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code(), ErrorCode::kTooLarge);
  EXPECT_LE(store->stats().size_bytes, 20'000);
  held.clear();
  EXPECT_EQ(insert(*store, "new", std::string(4'000, 'y')), InsertOutcome::kStored);
  EXPECT_EQ(body_of(*store, "new"), std::string(4'000, 'y'));
  expect_sums_hold(*store);
}

TEST_F(TornStore, Case20AnExpiredEntryIsNeitherWrittenNorServed) {
  const auto store = open();
  const Entry fresh = entry("a", "one");
  insert(*store, "b", "two");
  clock_.advance(std::chrono::hours(2));
  const std::uint64_t bytes = segment_bytes();

  EXPECT_EQ(store->insert(fresh).value(), InsertOutcome::kRefused);

  EXPECT_EQ(segment_bytes(), bytes);
  EXPECT_EQ(body_of(*store, "b"), std::nullopt);
  EXPECT_EQ(store->stats().removals.expired, 1);
  EXPECT_EQ(body_of(*open_read_only(), "b"), std::nullopt);
}

TEST_F(TornStore, Case20AnExpiredEntryIsNotRewrittenHoweverOftenItWasRead) {
  SegmentStore::Options tight = options();
  tight.max_size_bytes = 40'000;
  tight.segment_size_bytes = 4'000;
  const auto store = open(tight);
  insert(*store, "a", "one");
  for (int i = 0; i < 10; ++i)
    EXPECT_TRUE(body_of(*store, "a").has_value());
  clock_.advance(std::chrono::hours(2));

  for (int i = 0; i < 30; ++i)
    insert(*store, std::to_string(i), std::string(2'000, 'x'));

  EXPECT_FALSE(std::filesystem::exists(segment(1)));
  EXPECT_EQ(store->stats().rewritten, 0);
  EXPECT_EQ(store->stats().removals.expired, 1);
}

}  // namespace
}  // namespace refrain::testing
