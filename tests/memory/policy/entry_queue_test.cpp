#include "refrain/memory/policy/entry_queue.h"

#include <gtest/gtest.h>

#include <deque>
#include <vector>

namespace refrain {
namespace {

class EntryQueueTest : public ::testing::Test {
protected:
  EntryQueueTest() {
    for (std::uint32_t i = 0; i < 4; ++i) {
      entries_.emplace_back().charge = 10 * (i + 1);
      queue_.push(entries_.back());
    }
  }

  /// The charges in it, the oldest first. Empties it.
  std::vector<std::uint32_t> drain() {
    std::vector<std::uint32_t> charges;
    queue_.drain([&](Resident& entry) { charges.push_back(entry.charge); });
    return charges;
  }

  EntryQueue queue_{7};
  std::deque<Resident> entries_;
};

TEST_F(EntryQueueTest, GivesTheOldestFirst) {
  EXPECT_EQ(&queue_.oldest(), &entries_[0]);
  EXPECT_EQ(drain(), (std::vector<std::uint32_t>{10, 20, 30, 40}));
}

TEST_F(EntryQueueTest, WeighsWhatIsInIt) {
  EXPECT_EQ(queue_.load(), (CacheLimits{4, 100}));

  queue_.erase(entries_[2]);
  EXPECT_EQ(queue_.load(), (CacheLimits{3, 70}));

  queue_.recycle_oldest();
  EXPECT_EQ(queue_.load(), (CacheLimits{3, 70}));

  drain();
  EXPECT_EQ(queue_.load(), (CacheLimits{0, 0}));
  EXPECT_TRUE(queue_.empty());
}

TEST_F(EntryQueueTest, RecyclingMakesTheOldestTheNewest) {
  queue_.recycle_oldest();

  EXPECT_EQ(drain(), (std::vector<std::uint32_t>{20, 30, 40, 10}));
}

TEST_F(EntryQueueTest, RecyclingTheOnlyEntryChangesNothing) {
  for (int i = 1; i < 4; ++i)
    queue_.erase(entries_[static_cast<std::size_t>(i)]);

  queue_.recycle_oldest();

  EXPECT_EQ(drain(), std::vector<std::uint32_t>{10});
}

TEST_F(EntryQueueTest, WritesItsNumberIntoItsEntries) {
  EXPECT_EQ(entries_[0].queue, 7);

  EntryQueue other(3);
  queue_.erase(entries_[0]);
  other.push(entries_[0]);

  EXPECT_EQ(entries_[0].queue, 3);
  EXPECT_EQ(entries_[1].queue, 7);
}

}  // namespace
}  // namespace refrain
