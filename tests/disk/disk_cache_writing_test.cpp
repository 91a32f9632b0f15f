// What a disk tier does with entries before they are on the disk, and if they never get there.
#include "refrain/disk/disk_cache.h"

#include "disk_cache_fixture.h"

#include <gtest/gtest.h>

#include <string>

namespace refrain::testing {
namespace {

class DiskCacheWriting : public DiskCacheFixture {
protected:
  /// Room for this many entries like `sized`.
  [[nodiscard]] DiskCache::Options with_queue_for(std::size_t entries) const {
    DiskCache::Options options = sensitive();
    options.max_queued_bytes = sized("any", 'x').charge() * entries;
    return options;
  }
  [[nodiscard]] Entry sized(std::string_view name, char byte) const {
    return entry(name, std::string(1'000, byte));
  }

  /// The pool's writer stands at the gate, with an entry in hand that is none of the test's.
  void hang_writer(DiskCache& cache) {
    disk_->close_gate(Calls::kWrite);
    ASSERT_TRUE(offer(cache, sized("in hand", 'h')).has_value());
    disk_->await_waiting(1);
  }
};

TEST_F(DiskCacheWriting, FindsWhatIsNotWrittenYet) {
  const auto cache = make();
  hang_writer(*cache);

  EXPECT_EQ(offer(*cache, "a", "one").value(), InsertOutcome::kStored);

  EXPECT_EQ(cache->stats().items, 0);
  EXPECT_EQ(cache->stats().disk->queued, 2);
  EXPECT_GT(cache->stats().disk->queued_bytes, 1'000);
  EXPECT_EQ(text(*cache, "a"), "one");
  EXPECT_EQ(text_now(*cache, "a"), "one");
  EXPECT_EQ(cache->stats().hits, 2);
  disk_->open_gate();
  cache->flush();
  EXPECT_EQ(cache->stats().disk->queued, 0);
  EXPECT_EQ(cache->stats().items, 2);
  EXPECT_EQ(text(*cache, "a"), "one");
  expect_tier_sums_hold(*cache);
}

TEST_F(DiskCacheWriting, TheNewestOfTwoThatWaitIsFoundAndStays) {
  const auto cache = make();
  hang_writer(*cache);
  ASSERT_TRUE(offer(*cache, "a", "old").has_value());

  ASSERT_TRUE(offer(*cache, "a", "new").has_value());

  EXPECT_EQ(text(*cache, "a"), "new");
  EXPECT_EQ(cache->stats().disk->queued, 2);
  disk_->open_gate();
  cache->flush();
  EXPECT_EQ(text(*cache, "a"), "new");
  EXPECT_EQ(cache->stats().insertions, 2);
}

TEST_F(DiskCacheWriting, AFullQueueDropsCountsAndForgetsTheOldValue) {
  const auto cache = make(with_queue_for(2));
  ASSERT_TRUE(offer(*cache, sized("a", 'o')).has_value());
  cache->flush();
  hang_writer(*cache);
  ASSERT_EQ(offer(*cache, sized("b", 'b')).value(), InsertOutcome::kStored);

  EXPECT_EQ(offer(*cache, sized("a", 'n')).value(), InsertOutcome::kRefused);

  EXPECT_EQ(text(*cache, "a"), "none");
  EXPECT_EQ(text_now(*cache, "a"), "none");
  EXPECT_EQ(cache->stats().disk->dropped, 1);
  disk_->open_gate();
  cache->flush();
  EXPECT_EQ(text(*cache, "a"), "none");
  EXPECT_EQ(text(*cache, "b"), std::string(1'000, 'b'));
  expect_tier_sums_hold(*cache);
}

TEST_F(DiskCacheWriting, AFullQueueForgetsTheOldValueThatIsJustBeingWritten) {
  const auto cache = make(with_queue_for(2));
  hang_writer(*cache);
  ASSERT_EQ(offer(*cache, sized("b", 'b')).value(), InsertOutcome::kStored);
  const Entry large = entry("in hand", std::string(3'000, 'n'));

  EXPECT_EQ(offer(*cache, large).value(), InsertOutcome::kRefused);
  disk_->open_gate();
  cache->flush();

  EXPECT_EQ(text(*cache, "in hand"), "none");
  EXPECT_EQ(text(*cache, "b"), std::string(1'000, 'b'));
  expect_tier_sums_hold(*cache);
}

TEST_F(DiskCacheWriting, AnErasureWinsOverWhatWaitsToBeWritten) {
  const auto cache = make();
  hang_writer(*cache);
  ASSERT_TRUE(offer(*cache, "a", "one").has_value());

  const auto erased = begin(cache->erase(sample_key("a")));
  EXPECT_FALSE(erased->has_value()) << "it waits for its turn to write";
  EXPECT_EQ(text_now(*cache, "a"), "none");
  disk_->open_gate();

  EXPECT_TRUE(finish(erased).value());
  cache->flush();
  EXPECT_EQ(text(*cache, "a"), "none");
  EXPECT_EQ(body_of(*open_read_only(), "a"), std::nullopt);
  expect_tier_sums_hold(*cache);
}

TEST_F(DiskCacheWriting, AnErasureWinsOverWhatIsJustBeingWritten) {
  const auto cache = make();
  hang_writer(*cache);

  const auto erased = begin(cache->erase(sample_key("in hand")));
  disk_->open_gate();

  EXPECT_TRUE(finish(erased).value());
  cache->flush();
  EXPECT_EQ(text(*cache, "in hand"), "none");
  EXPECT_EQ(body_of(*open_read_only(), "in hand"), std::nullopt);
  expect_tier_sums_hold(*cache);
}

TEST_F(DiskCacheWriting, AClearWinsOverWhatWaitsToBeWritten) {
  const auto cache = make();
  hang_writer(*cache);
  ASSERT_TRUE(offer(*cache, "a", "one").has_value());

  const auto cleared = begin(cache->clear(3));
  disk_->open_gate();

  EXPECT_TRUE(finish(cleared).has_value());
  cache->flush();
  EXPECT_EQ(text(*cache, "a"), "none");
  EXPECT_EQ(text(*cache, "in hand"), "none");
  EXPECT_EQ(cache->stats().items, 0);
  EXPECT_EQ(open_read_only()->stats().items, 0);
  expect_tier_sums_hold(*cache);
}

TEST_F(DiskCacheWriting, WritesThatFailOpenTheirBreakerAndReadsGoOn) {
  const auto cache = make(sensitive());
  ASSERT_TRUE(insert(*cache, "a", "one").has_value());
  disk_->fail(EIO, Calls::kWrite);

  ASSERT_TRUE(insert(*cache, "b", "two").has_value());
  ASSERT_TRUE(insert(*cache, "c", "three").has_value());

  EXPECT_EQ(cache->stats().disk->write_state, "open");
  EXPECT_EQ(cache->stats().disk->state, "closed");
  EXPECT_EQ(cache->stats().disk->dropped, 2);
  EXPECT_EQ(cache->stats().errors, 2);
  EXPECT_TRUE(cache->is_available());
  EXPECT_EQ(text(*cache, "a"), "one");
  EXPECT_EQ(offer(*cache, "d", "four").value(), InsertOutcome::kRefused);
  EXPECT_EQ(cache->stats().disk->dropped, 3);
  disk_->heal();
  wait_out_breaker();
  ASSERT_EQ(insert(*cache, "d", "four").value(), InsertOutcome::kStored);
  EXPECT_EQ(text(*cache, "d"), "four");
  EXPECT_EQ(cache->stats().disk->write_state, "closed");
  expect_tier_sums_hold(*cache);
}

TEST_F(DiskCacheWriting, AFailedWriteForgetsWhatItWasToReplace) {
  const auto cache = make();
  ASSERT_TRUE(insert(*cache, "a", "old").has_value());

  disk_->fail(EIO, Calls::kWrite);
  ASSERT_TRUE(insert(*cache, "a", "new").has_value());
  disk_->heal();

  EXPECT_EQ(text(*cache, "a"), "none");
  expect_tier_sums_hold(*cache);
}

TEST_F(DiskCacheWriting, AnEntryThatIsOverBeforeItIsWrittenLeavesNoOlderOneBehind) {
  const auto cache = make();
  ASSERT_TRUE(offer(*cache, lasting("a", "old")).has_value());
  cache->flush();
  hang_writer(*cache);
  ASSERT_TRUE(offer(*cache, "a", "new").has_value());

  clock_.advance(std::chrono::hours(2));
  EXPECT_EQ(text(*cache, "a"), "none");
  disk_->open_gate();
  cache->flush();

  EXPECT_EQ(text(*cache, "a"), "none");
  EXPECT_EQ(text_now(*cache, "a"), "none");
  expect_tier_sums_hold(*cache);
}

TEST_F(DiskCacheWriting, ASweepThatFailsCountsAgainstWriting) {
  const auto cache = make(sensitive());
  ASSERT_TRUE(insert(*cache, "a", "one").has_value());
  pass_snapshot_interval();
  disk_->fail(EIO, Calls::kRename);

  sweep(*cache);

  EXPECT_EQ(cache->stats().errors, 1);
  disk_->heal();
  pass_snapshot_interval();
  sweep(*cache);
  EXPECT_EQ(cache->stats().errors, 1);
  EXPECT_TRUE(std::filesystem::exists(snapshot()));
}

TEST_F(DiskCacheWriting, AnErasureThatFailsIsMadeUpForByASweep) {
  const auto cache = make(sensitive());
  ASSERT_TRUE(insert(*cache, "a", "one").has_value());
  disk_->fail(EIO, Calls::kWrite | Calls::kUnlink);

  EXPECT_FALSE(erase(*cache, "a").has_value());
  EXPECT_EQ(text(*cache, "a"), "none");
  disk_->heal();
  sweep(*cache);

  EXPECT_EQ(body_of(*open_read_only(), "a"), std::nullopt);
  expect_tier_sums_hold(*cache);
}

}  // namespace
}  // namespace refrain::testing
