#include "refrain/memory/tag_table.h"

#include "memory/resident_sample.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <thread>
#include <vector>

namespace refrain::testing {
namespace {

constexpr unsigned kTagShift = 48;

// Few places about the end of a table of 64 words, and few tags: nearly all keys collide.
std::uint64_t crowded_hash(std::mt19937& random) {
  const std::uint64_t place = 60 + random() % 8;
  const std::uint64_t tag = random() % 3;
  return place | tag << kTagShift;
}

const Resident* find(const TagTable& table, const Resident& entry) {
  return table.view().find(Entry::key_of(entry), entry.hash);
}

void expect_exactly(const TagTable& table,
                    const std::map<std::uint64_t, Resident*>& expected,
                    const std::vector<Resident*>& all) {
  ASSERT_EQ(table.size(), expected.size());
  for (std::uint64_t number = 0; number < all.size(); ++number) {
    const Resident* const wanted = expected.contains(number) ? all[number] : nullptr;
    ASSERT_EQ(find(table, *all[number]), wanted) << number;
  }
}

TEST(TagTable, FindsWhatAMapFindsWhenNearlyAllKeysCollide) {
  std::mt19937 random(1);
  ResidentSample sample;
  std::vector<Resident*> all;
  for (std::uint64_t number = 0; number < 60; ++number)
    all.push_back(&sample.add(crowded_hash(random), number));
  TagTable table(64);
  std::map<std::uint64_t, Resident*> expected;

  for (int step = 0; step < 20'000; ++step) {
    const std::uint64_t number = random() % all.size();
    if (expected.erase(number) != 0) {
      table.erase(*all[number]);
    } else if (!table.is_full()) {
      table.insert(*all[number]);
      expected[number] = all[number];
    }
    ASSERT_NO_FATAL_FAILURE(expect_exactly(table, expected, all)) << step;
  }
}

TEST(TagTable, ARunThatGoesRoundTheEndStaysFoundWhenItsFirstLeaves) {
  TagTable table(16);
  ResidentSample sample;
  std::vector<Resident*> run;
  for (std::uint64_t number = 0; number < 6; ++number)
    run.push_back(&sample.add(14, number));
  Resident& at_home = sample.add(0, 7);
  for (Resident* entry : run)
    table.insert(*entry);
  table.insert(at_home);

  table.erase(*run[0]);
  table.erase(*run[3]);

  for (const std::size_t i : {1U, 2U, 4U, 5U})
    EXPECT_EQ(find(table, *run[i]), run[i]) << i;
  EXPECT_EQ(find(table, at_home), &at_home);
  EXPECT_EQ(find(table, *run[0]), nullptr);
  EXPECT_EQ(find(table, *run[3]), nullptr);
}

TEST(TagTable, TellsKeysOfOneHashApart) {
  TagTable table(16);
  ResidentSample sample;
  Resident& first = sample.add(5, 1);
  Resident& second = sample.add(5, 2);

  table.insert(first);
  EXPECT_EQ(find(table, second), nullptr);
  table.insert(second);

  EXPECT_EQ(find(table, first), &first);
  EXPECT_EQ(find(table, second), &second);
}

TEST(TagTable, RoundsItsCapacityUpToAPowerOfTwo) {
  EXPECT_EQ(TagTable(0).capacity(), 16U);
  EXPECT_EQ(TagTable(16).capacity(), 16U);
  EXPECT_EQ(TagTable(17).capacity(), 32U);
  EXPECT_EQ(TagTable(17).bytes(), 256U);
}

TEST(TagTable, IsFullAtThreeQuartersAndSparseBelowAnEighth) {
  TagTable table(64);
  ResidentSample sample;
  std::vector<Resident*> entries;

  for (std::uint64_t number = 0; number < 48; ++number) {
    EXPECT_EQ(table.is_sparse(), number < 8) << number;
    EXPECT_FALSE(table.is_full()) << number;
    entries.push_back(&sample.add(number, number));
    table.insert(*entries.back());
  }
  EXPECT_TRUE(table.is_full());
  table.erase(*entries[0]);

  EXPECT_FALSE(table.is_full());
}

TEST(TagTable, TheSmallestIsNeverSparse) {
  EXPECT_FALSE(TagTable(0).is_sparse());
}

TEST(TagTable, HandsEveryEntryOverToALargerAndToASmallerOne) {
  std::mt19937 random(2);
  ResidentSample sample;
  std::set<Resident*> entries;
  TagTable table(128);
  for (std::uint64_t number = 0; number < 40; ++number) {
    Resident& entry = sample.add(crowded_hash(random), number);
    table.insert(entry);
    entries.insert(&entry);
  }

  for (const std::size_t capacity : {64U, 512U}) {
    TagTable other(capacity);
    std::set<Resident*> visited;
    table.for_each([&](Resident& entry) {
      EXPECT_TRUE(visited.insert(&entry).second);
      other.insert(entry);
    });

    EXPECT_EQ(visited, entries);
    for (const Resident* entry : entries)
      EXPECT_EQ(find(other, *entry), entry);
  }
}

/// One writer, who puts in and takes out some keys, beside readers who look for them and for others
/// that stay.
class TableWithReaders {
public:
  TableWithReaders() {
    std::mt19937 random(3);
    for (std::uint64_t number = 0; number < 40; ++number) {
      Resident& entry = sample_.add(crowded_hash(random), number);
      (number % 2 == 0 ? staying_ : passing_).push_back(&entry);
    }
    for (Resident* entry : staying_)
      table_.insert(*entry);
  }

  void run() {
    std::vector<std::jthread> readers;
    for (unsigned seed = 0; seed < 2; ++seed)
      readers.emplace_back([this, seed] { read(seed); });
    write();
    is_over_ = true;
  }

  [[nodiscard]] std::int64_t found() const { return found_; }
  [[nodiscard]] std::int64_t overlooked() const { return overlooked_; }
  [[nodiscard]] std::int64_t wrong() const { return wrong_; }

private:
  void write() {
    std::mt19937 random(4);
    std::set<Resident*> inside;
    // Until the readers have seen enough of it.
    while (found_ < 50'000) {
      Resident* const entry = passing_[random() % passing_.size()];
      if (inside.erase(entry) != 0) {
        table_.erase(*entry);
      } else {
        table_.insert(*entry);
        inside.insert(entry);
      }
    }
  }

  void read(unsigned seed) {
    std::mt19937 random(seed);
    const TagTable::View view = table_.view();
    while (!is_over_) {
      const Resident& staying = *staying_[random() % staying_.size()];
      const Resident& passing = *passing_[random() % passing_.size()];
      const Resident* const found = view.find(Entry::key_of(staying), staying.hash);
      ++(found == nullptr ? overlooked_ : found_);
      if (found != nullptr && found != &staying) ++wrong_;
      const Resident* const other = view.find(Entry::key_of(passing), passing.hash);
      if (other != nullptr && other != &passing) ++wrong_;
    }
  }

  ResidentSample sample_;
  std::vector<Resident*> staying_;
  std::vector<Resident*> passing_;
  TagTable table_{64};
  std::atomic<bool> is_over_{false};
  std::atomic<std::int64_t> found_{0};
  std::atomic<std::int64_t> overlooked_{0};
  std::atomic<std::int64_t> wrong_{0};
};

TEST(TagTable, AReaderBesideTheWriterMayOverlookAnEntryButNeverFindsAnother) {
  TableWithReaders table;

  table.run();

  EXPECT_EQ(table.wrong(), 0);
  EXPECT_LT(table.overlooked(), table.found());
}

}  // namespace
}  // namespace refrain::testing
