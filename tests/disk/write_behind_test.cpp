#include "refrain/disk/write_behind.h"

#include "faulty_store_fixture.h"

#include <boost/asio/thread_pool.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace refrain::testing {
namespace {

class WriteBehindTest : public FaultyStoreFixture {
protected:
  WriteBehindTest() {
    WriteBehind::Config config;
    config.max_queued_bytes = 10'000;
    config.breaker.failures_to_open = 2;
    writes_ = std::make_unique<WriteBehind>(config, pool_, clock_);
    writes_->attach(store_);
  }
  ~WriteBehindTest() override {
    disk_->open_gate();
    writes_->flush();
    pool_.join();
  }

  std::shared_ptr<SegmentStore> store_ = open();
  boost::asio::thread_pool pool_{1};
  std::unique_ptr<WriteBehind> writes_;
};

TEST_F(WriteBehindTest, WritesInTheOrderOfTheOffers) {
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(writes_->insert(entry(std::to_string(i), "body")), InsertOutcome::kStored);
  writes_->flush();

  std::vector<CacheKey> keys;
  store_->visit([&](const SegmentStore::StoredEntry& stored) {
    keys.push_back(stored.metadata.key);
    return true;
  });

  ASSERT_EQ(keys.size(), 20U);
  for (std::size_t i = 0; i < keys.size(); ++i)
    EXPECT_EQ(keys[i], sample_key(std::to_string(i)));
}

TEST_F(WriteBehindTest, WithoutAStoreItDropsAndCounts) {
  writes_->attach(nullptr);

  writes_->insert(entry("a", "one"));
  writes_->flush();

  EXPECT_EQ(writes_->dropped(), 1);
  EXPECT_EQ(writes_->queued(), 0);
  EXPECT_EQ(writes_->erase(sample_key("a")).error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(writes_->bury(sample_key("a")).error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(writes_->clear(2).error().code(), ErrorCode::kUnavailable);
}

TEST_F(WriteBehindTest, WhatIsDiscardedIsNotWritten) {
  disk_->close_gate(Calls::kWrite);
  writes_->insert(entry("in hand", "x"));
  disk_->await_waiting(1);
  writes_->insert(entry("a", "one"));

  EXPECT_TRUE(writes_->discard(sample_key("a")));
  EXPECT_FALSE(writes_->discard(sample_key("a")));
  disk_->open_gate();
  writes_->flush();

  EXPECT_EQ(body_of(*store_, "a"), std::nullopt);
  EXPECT_EQ(store_->stats().items, 1);
}

TEST_F(WriteBehindTest, WhatIsDiscardedWhileItIsWrittenIsForgotten) {
  disk_->close_gate(Calls::kWrite);
  writes_->insert(entry("a", "one"));
  disk_->await_waiting(1);

  EXPECT_TRUE(writes_->discard(sample_key("a")));
  disk_->open_gate();
  writes_->flush();

  EXPECT_EQ(body_of(*store_, "a"), std::nullopt);
  expect_sums_hold(*store_);
}

TEST_F(WriteBehindTest, WhatIsReplacedWhileItIsWrittenIsWrittenAnew) {
  disk_->close_gate(Calls::kWrite);
  writes_->insert(entry("a", "old"));
  disk_->await_waiting(1);

  writes_->insert(entry("a", "new"));
  disk_->open_gate();
  writes_->flush();

  EXPECT_EQ(body_of(*store_, "a"), "new");
  expect_sums_hold(*store_);
}

TEST_F(WriteBehindTest, ErasesWhatWaitsAndWhatIsWritten) {
  writes_->insert(entry("a", "one"));
  writes_->flush();

  EXPECT_TRUE(writes_->erase(sample_key("a")).value());
  EXPECT_FALSE(writes_->erase(sample_key("a")).value());

  EXPECT_EQ(body_of(*store_, "a"), std::nullopt);
}

TEST_F(WriteBehindTest, BuriesAKeyOfWhichNothingIsKnown) {
  EXPECT_TRUE(writes_->bury(sample_key("a")).has_value());

  EXPECT_EQ(bytes_in_segments(*store_), SegmentHeader::kSize + RecordHeader::kSize);
}

TEST_F(WriteBehindTest, CountsErrorsAndLeavesAFailingDiskAlone) {
  disk_->fail(EIO, Calls::kWrite);
  for (const std::string name : {"a", "b", "c"}) {
    writes_->insert(entry(name, "body"));
    writes_->flush();
  }

  EXPECT_EQ(writes_->errors(), 2);
  EXPECT_EQ(writes_->dropped(), 3);
  EXPECT_EQ(writes_->state(), CircuitBreaker::State::kOpen);
  EXPECT_FALSE(writes_->erase(sample_key("a")).value());
  disk_->heal();
  clock_.advance(std::chrono::minutes(2));
  writes_->insert(entry("d", "body"));
  writes_->flush();
  EXPECT_EQ(writes_->state(), CircuitBreaker::State::kClosed);
  EXPECT_EQ(body_of(*store_, "d"), "body");
}

TEST_F(WriteBehindTest, TroubleElsewhereOpensTheBreakerToo) {
  writes_->record_failure();
  writes_->record_failure();

  EXPECT_EQ(writes_->state(), CircuitBreaker::State::kOpen);
  EXPECT_EQ(writes_->errors(), 2);
  EXPECT_EQ(writes_->insert(entry("a", "one")), InsertOutcome::kRefused);
}

}  // namespace
}  // namespace refrain::testing
