#include "refrain/memory/memory_shard.h"

#include "memory/resident_sample.h"
#include "support/manual_clock.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>

namespace refrain::testing {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr std::uint32_t kCharge = 100;
constexpr CacheLimits kPlenty{1'000'000, std::size_t{1} << 40};

WallTime start() {
  return ManualClock().now();
}

CacheKey key(std::uint64_t number) {
  return key_with_hash(number * 0x9E37'79B9'7F4A'7C15U, number);
}

/// An LRU shard, and what left it in the last call.
class Rig {
  // Calls, takes away what left, and looks at the invariants.
  template <class Call>
  auto call(const Call& what) {
    MemoryShard::Removed removed;
    auto result = what(removed);
    left.clear();
    handed_over = removed.entries.size();
    table_left = removed.table == nullptr ? 0 : removed.table->capacity();
    take(removed);
    // A sweep brings what the shard still keeps for a batch.
    MemoryShard::Removed rest;
    shard.sweep(start() - hours(1), 0, rest);
    take(rest);
    EXPECT_NO_THROW(shard.check_invariants());
    return result;
  }

  void take(const MemoryShard::Removed& removed) {
    for (Resident* entry : removed.entries) {
      EXPECT_FALSE(entry->is_taken);
      const Entry last = Entry::reclaim(*entry);
      left.insert(last.key());
    }
  }

  MemoryShard::Window window_;
  std::uint64_t time_ = 0;

public:
  explicit Rig(const CacheLimits& limits) : shard(PolicyKind::kLru, limits, window_) {}

  InsertOutcome insert(std::uint64_t number, std::uint32_t charge = kCharge) {
    return insert_as(PolicyKind::kLru, number, charge);
  }

  InsertOutcome insert_as(PolicyKind kind, std::uint64_t number, std::uint32_t charge = kCharge) {
    Resident& entry = Entry::detach(entry_with_key(key(number)));
    entry.hash = key(number).hash();
    entry.charge = charge;
    entry.until = (start() + hours(1)).time_since_epoch().count();
    entry.last_use = ++time_;
    entry.is_taken = true;
    return call([&](auto& removed) { return shard.insert(entry, start(), kind, removed); });
  }

  bool erase(std::uint64_t number) {
    return call([&](auto& removed) { return shard.erase(key(number), removed); });
  }
  bool finds_surely(std::uint64_t number, WallTime now = start()) {
    return call(
        [&](auto& removed) { return shard.find_surely(key(number), now, removed).has_value(); });
  }
  void clear() {
    call([&](auto& removed) { return shard.clear(removed), true; });
  }
  MemoryShard::Swept sweep(WallTime now, std::size_t most) {
    return call([&](auto& removed) { return shard.sweep(now, most, removed); });
  }
  void set_limits(const CacheLimits& limits) {
    call([&](auto& removed) { return shard.set_limits(limits, removed), true; });
  }

  /// As a hit sees it.
  [[nodiscard]] bool shows(std::uint64_t number) const {
    return window_.load().find(key(number), key(number).hash()) != nullptr;
  }
  [[nodiscard]] TierStats stats() const {
    TierStats stats;
    shard.add_to(stats);
    return stats;
  }

  MemoryShard shard;
  std::multiset<CacheKey, bool (*)(const CacheKey&, const CacheKey&)> left{
      [](const CacheKey& a, const CacheKey& b) {
        return a.digest() < b.digest();
      }};
  std::size_t handed_over = 0;  // entries of the last call, without what a sweep had to bring
  std::size_t table_left = 0;   // its capacity
};

TEST(MemoryShard, ShowsWhatItStoredToReaders) {
  Rig rig(kPlenty);

  EXPECT_EQ(rig.insert(1), InsertOutcome::kStored);

  EXPECT_TRUE(rig.shows(1));
  EXPECT_FALSE(rig.shows(2));
  EXPECT_TRUE(rig.finds_surely(1));
  EXPECT_FALSE(rig.finds_surely(2));
}

TEST(MemoryShard, HandsOutWhatANewerEntryReplaced) {
  Rig rig(kPlenty);
  rig.insert(1);

  rig.insert(1, 3 * kCharge);

  EXPECT_EQ(rig.left.count(key(1)), 1U);
  EXPECT_EQ(rig.stats().removals.replaced, 1);
  EXPECT_EQ(rig.stats().size_bytes, 3 * kCharge);
}

TEST(MemoryShard, HandsBackWhatItRefusedAndWhatThatDisplaced) {
  Rig rig({10, 10 * kCharge});
  rig.insert(1);

  EXPECT_EQ(rig.insert(1, 10 * kCharge + 1), InsertOutcome::kRefused);

  EXPECT_EQ(rig.left.count(key(1)), 2U);
  EXPECT_FALSE(rig.shows(1));
  EXPECT_EQ(rig.stats().refusals, 1);
  EXPECT_EQ(rig.stats().removals.replaced, 1);
}

TEST(MemoryShard, EvictsInTheOrderOfUseUntilAllIsWithinItsLimits) {
  Rig rig({10, 10 * kCharge});
  for (std::uint64_t i = 0; i < 10; ++i)
    rig.insert(i);

  rig.insert(10, 4 * kCharge);

  EXPECT_EQ(rig.left.size(), 4U);
  for (std::uint64_t i = 0; i < 4; ++i)
    EXPECT_EQ(rig.left.count(key(i)), 1U) << i;
  EXPECT_EQ(rig.stats().size_bytes, 10 * kCharge);
}

TEST(MemoryShard, EraseAndClearHandOutWhatWasThere) {
  Rig rig(kPlenty);
  for (std::uint64_t i = 0; i < 5; ++i)
    rig.insert(i);

  EXPECT_TRUE(rig.erase(3));
  EXPECT_EQ(rig.left.count(key(3)), 1U);
  EXPECT_FALSE(rig.erase(3));
  EXPECT_TRUE(rig.left.empty());
  rig.clear();

  EXPECT_EQ(rig.left.size(), 4U);
  EXPECT_EQ(rig.stats().items, 0);
  EXPECT_EQ(rig.stats().removals.invalidated, 5);
  EXPECT_EQ(rig.insert(3), InsertOutcome::kStored);
}

TEST(MemoryShard, HandsOverWhatLeftInBatches) {
  Rig rig(kPlenty);
  for (std::uint64_t i = 0; i < 200; ++i)
    rig.insert(i);

  rig.erase(0);
  EXPECT_EQ(rig.handed_over, 0U);
  EXPECT_EQ(rig.left.size(), 1U);
  rig.set_limits({100, kPlenty.bytes});

  EXPECT_EQ(rig.handed_over, 99U);
}

TEST(MemoryShard, ALookUpTakesOutWhatIsOver) {
  Rig rig(kPlenty);
  rig.insert(1);

  EXPECT_TRUE(rig.finds_surely(1, start() + hours(1) - seconds(1)));
  EXPECT_FALSE(rig.finds_surely(1, start() + hours(1)));

  EXPECT_EQ(rig.left.count(key(1)), 1U);
  EXPECT_EQ(rig.stats().removals.expired, 1);
}

TEST(MemoryShard, SweepTakesOutWhatIsOverBitByBit) {
  Rig rig(kPlenty);
  for (std::uint64_t i = 0; i < 100; ++i)
    rig.insert(i);

  EXPECT_TRUE(rig.sweep(start() + hours(1) - seconds(2), 1000).is_done);
  EXPECT_EQ(rig.stats().items, 100);
  int calls = 0;
  while (!rig.sweep(start() + hours(2), 10).is_done) {
    EXPECT_LE(rig.left.size(), 10U);
    ++calls;
  }

  EXPECT_EQ(rig.stats().items, 0);
  EXPECT_EQ(rig.stats().removals.expired, 100);
  EXPECT_LE(calls, 40);
  EXPECT_EQ(rig.sweep(start() + hours(2), 0).looked_at, 0U);
}

TEST(MemoryShard, SmallerLimitsBindAtOnceAndLargerOnesLater) {
  Rig rig({100, 100 * kCharge});
  for (std::uint64_t i = 0; i < 100; ++i)
    rig.insert(i);

  rig.set_limits({100, 30 * kCharge});
  EXPECT_EQ(rig.left.size(), 70U);
  EXPECT_FALSE(rig.shows(69));
  EXPECT_TRUE(rig.shows(70));
  rig.set_limits({20, 100 * kCharge});
  EXPECT_EQ(rig.stats().items, 20);
  rig.set_limits({200, 200 * kCharge});
  EXPECT_TRUE(rig.left.empty());
  for (std::uint64_t i = 0; i < 200; ++i)
    rig.insert(i);

  EXPECT_EQ(rig.stats().items, 200);
  rig.set_limits({0, 0});
  EXPECT_EQ(rig.stats().items, 0);
  EXPECT_EQ(rig.insert(1), InsertOutcome::kRefused);
}

// The capacity of the table, told by the one that an insertion replaces.
std::size_t capacity_by_filling(Rig& rig) {
  for (std::uint64_t i = 1'000'000;; ++i) {
    rig.insert(i);
    if (rig.table_left != 0) return rig.table_left;
  }
}

TEST(MemoryShard, ATableGivesBackItsMemoryWhenMostLeaveAtOnce) {
  for (const bool by_sweep : {false, true}) {
    Rig rig(kPlenty);
    for (std::uint64_t i = 0; i < 1200; ++i)
      rig.insert(i);

    if (by_sweep) {
      while (!rig.sweep(start() + hours(2), 256).is_done) {
      }
    } else {
      rig.set_limits({10, kPlenty.bytes});
      rig.set_limits(kPlenty);
    }

    EXPECT_LE(capacity_by_filling(rig), 64U) << by_sweep;
  }
}

TEST(MemoryShard, ATableShrinksAsEntriesAreErasedOneByOne) {
  Rig rig(kPlenty);
  for (std::uint64_t i = 0; i < 1200; ++i)
    rig.insert(i);

  for (std::uint64_t i = 0; i < 1200; ++i)
    rig.erase(i);

  EXPECT_EQ(capacity_by_filling(rig), TagTable::kLeastCapacity);
}

TEST(MemoryShard, ClearGivesTheTableBack) {
  Rig rig(kPlenty);
  for (std::uint64_t i = 0; i < 1200; ++i)
    rig.insert(i);

  rig.clear();

  EXPECT_EQ(rig.table_left, 2048U);
  EXPECT_EQ(capacity_by_filling(rig), TagTable::kLeastCapacity);
}

TEST(MemoryShard, KeepsItsEntriesWhenItRunsAnotherPolicy) {
  constexpr std::uint64_t kEntries = 50;
  Rig rig({1000, 1000 * kCharge});
  for (std::uint64_t i = 0; i < kEntries; ++i)
    rig.insert(i);

  for (const PolicyKind kind :
       {PolicyKind::kS3Fifo, PolicyKind::kTinyLfu, PolicyKind::kCost, PolicyKind::kLru}) {
    rig.insert_as(kind, 0);
    for (std::uint64_t i = 0; i < kEntries; ++i)
      EXPECT_TRUE(rig.shows(i)) << name_of(kind) << ' ' << i;
  }
}

TEST(MemoryShard, MakesRoomForWhatAnotherPolicyRemembers) {
  Rig rig({1000, 1000 * kCharge});
  for (std::uint64_t i = 0; i < 1000; ++i)
    rig.insert(i);

  // Refused, but the policy is another all the same.
  rig.insert_as(PolicyKind::kTinyLfu, 0, 2000 * kCharge);

  EXPECT_GT(rig.shard.fixed_bytes(), 0U);
  EXPECT_LE(rig.stats().size_bytes, 1000 * kCharge);
}

}  // namespace
}  // namespace refrain::testing
