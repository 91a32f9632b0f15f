#include "refrain/disk/write_queue.h"

#include "support/manual_clock.h"
#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace refrain {
namespace {

using testing::ManualClock;
using testing::sample_key;

Entry sample(std::string_view name, std::string_view body = "body") {
  const ManualClock clock;
  return testing::sample_entry(sample_key(name), clock.now(), body);
}

std::string body_of(const std::optional<Entry>& entry) {
  return entry ? std::string(entry->body()) : "none";
}

TEST(WriteQueue, GivesEntriesInTheOrderTheyCame) {
  WriteQueue queue(10'000);
  queue.push(sample("a", "one"));
  queue.push(sample("b", "two"));

  const std::optional<Entry> first = queue.next();
  EXPECT_EQ(body_of(first), "one");
  EXPECT_EQ(body_of(queue.next()), "one") << "it waits until it is popped";
  queue.pop(*first);
  EXPECT_EQ(body_of(queue.next()), "two");
}

TEST(WriteQueue, AsksForAWriterOnlyIfNobodyIsAtWork) {
  WriteQueue queue(10'000);

  EXPECT_EQ(queue.push(sample("a")), WriteQueue::Pushed::kNeedsWriter);
  EXPECT_EQ(queue.push(sample("b")), WriteQueue::Pushed::kQueued);
  queue.pop(*queue.next());
  queue.pop(*queue.next());
  EXPECT_EQ(queue.push(sample("c")), WriteQueue::Pushed::kQueued) << "who was at work asks on";
  queue.pop(*queue.next());
  EXPECT_FALSE(queue.next().has_value());
  EXPECT_EQ(queue.push(sample("d")), WriteQueue::Pushed::kNeedsWriter);
}

TEST(WriteQueue, FindsWhatWaitsUntilItIsPopped) {
  WriteQueue queue(10'000);
  queue.push(sample("a", "one"));

  EXPECT_EQ(body_of(queue.find(sample_key("a"))), "one");
  EXPECT_EQ(body_of(queue.find(sample_key("b"))), "none");
  queue.pop(*queue.next());

  EXPECT_EQ(body_of(queue.find(sample_key("a"))), "none");
  EXPECT_EQ(queue.size(), 0U);
  EXPECT_EQ(queue.size_bytes(), 0U);
}

TEST(WriteQueue, ANewerEntryTakesThePlaceOfAnOlderAndGoesToTheEnd) {
  WriteQueue queue(10'000);
  queue.push(sample("a", "old"));
  queue.push(sample("b", "two"));
  queue.push(sample("a", "new"));

  EXPECT_EQ(queue.size(), 2U);
  EXPECT_EQ(queue.size_bytes(), sample("b", "two").charge() + sample("a", "new").charge());
  EXPECT_EQ(body_of(queue.next()), "two");
  queue.pop(*queue.next());
  EXPECT_EQ(body_of(queue.next()), "new");
}

TEST(WriteQueue, WhatWasReplacedWhileItWasWrittenDoesNotPopTheNewer) {
  WriteQueue queue(10'000);
  queue.push(sample("a", "old"));
  const std::optional<Entry> old = queue.next();
  queue.push(sample("a", "new"));

  queue.pop(*old);

  EXPECT_EQ(body_of(queue.find(sample_key("a"))), "new");
  EXPECT_EQ(body_of(queue.next()), "new");
}

TEST(WriteQueue, WhatDoesNotFitIsNotQueuedAndNeitherIsItsPredecessor) {
  WriteQueue queue(sample("a").charge() * 2);
  queue.push(sample("a"));
  queue.push(sample("b"));

  EXPECT_EQ(queue.push(sample("c")), WriteQueue::Pushed::kFull);
  EXPECT_EQ(queue.push(sample("a", std::string(1'000, 'x'))), WriteQueue::Pushed::kFull);

  EXPECT_EQ(body_of(queue.find(sample_key("a"))), "none");
  EXPECT_EQ(body_of(queue.find(sample_key("b"))), "body");
  EXPECT_EQ(queue.size(), 1U);
}

TEST(WriteQueue, AnErasedEntryIsNotGiven) {
  WriteQueue queue(10'000);
  queue.push(sample("a"));
  queue.push(sample("b", "two"));

  EXPECT_TRUE(queue.erase(sample_key("a")));
  EXPECT_FALSE(queue.erase(sample_key("a")));

  EXPECT_EQ(body_of(queue.next()), "two");
  EXPECT_EQ(queue.size_bytes(), sample("b", "two").charge());
}

TEST(WriteQueue, ClearLeavesNothing) {
  WriteQueue queue(10'000);
  queue.push(sample("a"));
  queue.push(sample("b"));

  queue.clear();

  EXPECT_EQ(queue.size(), 0U);
  EXPECT_EQ(queue.size_bytes(), 0U);
  EXPECT_FALSE(queue.next().has_value());
}

}  // namespace
}  // namespace refrain
