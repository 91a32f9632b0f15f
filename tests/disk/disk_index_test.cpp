#include "refrain/disk/disk_index.h"

#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <string>

namespace refrain {
namespace {

using testing::sample_key;

constexpr WallTime kLater{std::chrono::seconds(1000)};

IndexedEntry at(std::string_view name,
                std::uint32_t segment,
                std::uint32_t offset,
                WallTime until = kLater) {
  IndexedEntry entry;
  entry.fingerprint = sample_key(name).hash();
  entry.location.segment = segment;
  entry.location.offset = offset;
  entry.location.payload_size = 100;
  entry.resident_until = until;
  return entry;
}

TEST(DiskIndex, FindsTheNewestRecordOfAKey) {
  DiskIndex index;

  EXPECT_FALSE(index.insert(at("a", 1, 48)).has_value());
  EXPECT_EQ(index.insert(at("a", 2, 48))->location, at("a", 1, 48).location);

  EXPECT_EQ(index.find(sample_key("a"))->location.segment, 2U);
  EXPECT_EQ(index.size(), 1U);
  EXPECT_EQ(index.live_in(1), 0U);
  EXPECT_EQ(index.live_in(2), 1U);
}

TEST(DiskIndex, DropsASegmentWithItsEntriesOnlyAndInSteps) {
  DiskIndex index;
  index.insert(at("a", 1, 48));
  index.insert(at("c", 1, 200, kLater - std::chrono::seconds(1)));
  index.insert(at("b", 1, 400));
  index.insert(at("b", 2, 48));
  const WallTime now = kLater - std::chrono::seconds(1);

  const DiskIndex::Dropped first = index.drop_from(1, now, 1);
  EXPECT_EQ(first.expired + first.live, 1U);
  const DiskIndex::Dropped rest = index.drop_from(1, now, 10);

  EXPECT_EQ(first.expired + rest.expired, 1U);
  EXPECT_EQ(first.live + rest.live, 1U);
  EXPECT_FALSE(index.find(sample_key("a")).has_value());
  EXPECT_TRUE(index.find(sample_key("b")).has_value());
  EXPECT_EQ(index.drop_from(1, now, 10).live, 0U);
}

TEST(DiskIndex, ErasesAKeyOnceAndOnlyWhereItIs) {
  DiskIndex index;
  index.insert(at("a", 1, 48));

  EXPECT_FALSE(index.erase_at(sample_key("a").hash(), at("a", 1, 49).location));
  EXPECT_TRUE(index.erase_at(sample_key("a").hash(), at("a", 1, 48).location));
  EXPECT_FALSE(index.erase(sample_key("a")).has_value());
  EXPECT_EQ(index.size(), 0U);
  EXPECT_EQ(index.live_in(1), 0U);
}

TEST(DiskIndex, CountsReadsAndRemembersTheLast) {
  DiskIndex index;
  index.insert(at("a", 1, 48));

  EXPECT_EQ(index.note_read(sample_key("a"), WallTime(std::chrono::milliseconds(7900)))->reads, 0);
  EXPECT_EQ(index.note_read(sample_key("a"), WallTime(std::chrono::milliseconds(9900)))->reads, 1);

  EXPECT_EQ(index.find(sample_key("a"))->reads, 2);
  EXPECT_EQ(index.find(sample_key("a"))->last_read, WallTime(std::chrono::seconds(9)));
  EXPECT_FALSE(index.note_read(sample_key("b"), kLater).has_value());
}

TEST(DiskIndex, ReadsStopAtTheirMost) {
  DiskIndex index;
  IndexedEntry entry = at("a", 1, 48);
  entry.reads = IndexedEntry::kMaxReads;
  index.insert(entry);

  index.note_read(sample_key("a"), kLater);

  EXPECT_EQ(index.find(sample_key("a"))->reads, IndexedEntry::kMaxReads);
  EXPECT_FALSE(index.find(sample_key("a"))->is_verified);
}

TEST(DiskIndex, RemembersWhatIsVerifiedUntilTheEntryMoves) {
  DiskIndex index;
  index.insert(at("a", 1, 48));
  index.note_read(sample_key("a"), kLater);

  index.set_verified(sample_key("a").hash(), at("a", 9, 48).location, true);
  EXPECT_FALSE(index.find(sample_key("a"))->is_verified) << "it is not there";
  index.set_verified(sample_key("a").hash(), at("a", 1, 48).location, true);
  EXPECT_TRUE(index.find(sample_key("a"))->is_verified);

  EXPECT_TRUE(
      index.relocate(sample_key("a").hash(), at("a", 1, 48).location, at("a", 2, 96).location));
  EXPECT_FALSE(index.find(sample_key("a"))->is_verified);
  EXPECT_EQ(index.find(sample_key("a"))->reads, 0);
  EXPECT_EQ(index.find(sample_key("a"))->location, at("a", 2, 96).location);
  EXPECT_EQ(index.live_in(1), 0U);
  EXPECT_FALSE(
      index.relocate(sample_key("a").hash(), at("a", 1, 48).location, at("a", 3, 96).location));
}

TEST(DiskIndex, ExpiresNoEntryEarlyAndAllInTime) {
  DiskIndex index;
  for (int i = 0; i < 10; ++i)
    index.insert(at(std::to_string(i), 1, 48, WallTime(std::chrono::milliseconds(1000 * i + 1))));

  EXPECT_EQ(index.expire(WallTime(std::chrono::milliseconds(4001)), 100), 4U);
  EXPECT_EQ(index.size(), 6U);
  EXPECT_EQ(index.expire(WallTime(std::chrono::milliseconds(5000)), 100), 1U);
}

TEST(DiskIndex, ExpiresInBoundedSteps) {
  DiskIndex index;
  for (int i = 0; i < 10; ++i)
    index.insert(at(std::to_string(i), 1, 48));

  EXPECT_EQ(index.expire(kLater, 4), 4U);
  EXPECT_EQ(index.expire(kLater, 4), 4U);
  EXPECT_EQ(index.expire(kLater, 4), 2U);
  EXPECT_EQ(index.size(), 0U);
}

TEST(DiskIndex, TakesSlotsOfTheForgottenAgain) {
  DiskIndex index;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    index.insert(at(std::to_string(i), i, 48));
    index.erase(sample_key(std::to_string(i)));
  }

  EXPECT_EQ(index.slot_count(), 1U);
}

/// Keys of one fingerprint, which no honest hash function gives.
std::array<CacheKey, 2> colliding_keys() {
  std::array<std::uint8_t, CacheKey::kSize> first{};
  std::array<std::uint8_t, CacheKey::kSize> second{};
  second.back() = 1;
  return {CacheKey(first), CacheKey(second)};
}

TEST(DiskIndex, KeysOfOneFingerprintTakeEachOthersPlace) {
  DiskIndex index;
  const auto [first, second] = colliding_keys();
  IndexedEntry entry = at("", 1, 48);
  entry.fingerprint = first.hash();
  index.insert(entry);
  entry.location.offset = 200;

  EXPECT_TRUE(index.insert(entry).has_value());

  EXPECT_EQ(index.size(), 1U);
  EXPECT_EQ(index.find(first)->location.offset, 200U);
  EXPECT_EQ(index.find(second)->location.offset, 200U);
}

TEST(DiskIndex, AgreesWithAMapThroughGrowthAndDecay) {
  DiskIndex index;
  std::map<std::string, RecordLocation> model;
  std::mt19937 random(5);

  for (int step = 0; step < 60'000; ++step) {
    const std::string name = std::to_string(random() % 5000);
    const std::uint32_t segment = static_cast<std::uint32_t>(step) / 1000;
    if (random() % 3 != 0) {
      const IndexedEntry entry = at(name, segment, static_cast<std::uint32_t>(step));
      EXPECT_EQ(index.insert(entry).has_value(), model.contains(name));
      model[name] = entry.location;
    } else {
      EXPECT_EQ(index.erase(sample_key(name)).has_value(), model.erase(name) == 1);
    }
    if (step % 5000 == 4999) {
      const std::uint32_t dropped = segment - 3;
      const std::size_t live = index.live_in(dropped);
      EXPECT_EQ(std::erase_if(model, [&](const auto& e) { return e.second.segment == dropped; }),
                live);
      EXPECT_EQ(index.drop_from(dropped, WallTime(), 10'000).live, live);
    }
  }

  EXPECT_EQ(index.size(), model.size());
  for (const auto& [name, location] : model)
    EXPECT_EQ(index.find(sample_key(name))->location, location);
  std::size_t visited = 0;
  for (std::size_t first = 0; first < index.slot_count(); first += 100)
    visited += index.entries_from(first, 100).size();
  EXPECT_EQ(visited, model.size());
}

TEST(DiskIndex, TakesAtMost48BytesAnEntryHoweverManyThereAre) {
  DiskIndex index;
  std::mt19937_64 random(1);

  for (std::uint32_t count = 1; count <= 300'000; ++count) {
    IndexedEntry entry;
    entry.fingerprint = random();
    entry.location.segment = count / 1000;
    entry.location.offset = count;
    index.insert(entry);
    if (count >= 10'000 && count % 999 == 0)
      ASSERT_LE(index.memory_bytes(), std::size_t{48} * count) << count;
  }

  EXPECT_EQ(index.size(), 300'000U);
}

}  // namespace
}  // namespace refrain
