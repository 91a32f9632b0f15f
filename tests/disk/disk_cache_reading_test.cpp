// What a disk tier answers at once, and what a disk that hangs costs.
#include "refrain/disk/disk_cache.h"

#include "disk_cache_fixture.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace refrain::testing {
namespace {

class DiskCacheReading : public DiskCacheFixture {
protected:
  static bool is_in_file(ImmediateLookup found) {
    return found.entry() && found.entry()->file_body() != nullptr;
  }
  static ImmediateLookup find_for_sending(DiskCache& cache, std::string_view name) {
    return cache.find_now(sample_key(name), BodyPlace::kMemoryOrFile);
  }
  static std::uint64_t reads_of(DiskCache& cache, std::string_view name) {
    std::uint64_t reads = 0;
    cache.store()->visit([&](const SegmentStore::StoredEntry& stored) {
      if (stored.metadata.key == sample_key(name)) reads = stored.reads;
      return true;
    });
    return reads;
  }
};

TEST_F(DiskCacheReading, ALookUpThatMustWaitIsCountedOnce) {
  const auto cache = make();
  ASSERT_TRUE(insert(*cache, "a", "one").has_value());
  disk_->set_cold(true);

  EXPECT_EQ(text_now(*cache, "a"), "must wait");
  EXPECT_EQ(cache->stats().hits + cache->stats().misses, 0);
  EXPECT_EQ(reads_of(*cache, "a"), 0U);
  EXPECT_EQ(text(*cache, "a"), "one");

  EXPECT_EQ(cache->stats().hits, 1);
  EXPECT_EQ(cache->stats().misses, 0);
  EXPECT_EQ(reads_of(*cache, "a"), 1U);
}

TEST_F(DiskCacheReading, AnAnswerAtOnceIsCountedOnce) {
  const auto cache = make();
  ASSERT_TRUE(insert(*cache, "a", "one").has_value());

  EXPECT_EQ(text_now(*cache, "a"), "one");

  EXPECT_EQ(cache->stats().hits, 1);
  EXPECT_EQ(reads_of(*cache, "a"), 1U);
}

TEST_F(DiskCacheReading, ABodyStaysInItsFileOnlyOnceItWasReadAndFoundGood) {
  const auto cache = make();
  ASSERT_TRUE(insert(*cache, "a", "one").has_value());

  EXPECT_FALSE(is_in_file(find_for_sending(*cache, "a")));
  ImmediateLookup found = find_for_sending(*cache, "a");

  ASSERT_TRUE(is_in_file(found));
  EXPECT_EQ(found.entry()->content_type(), "text/plain");
  EXPECT_EQ(found.entry()->body_size(), 3U);
  const FileBody& body = *found.entry()->file_body();
  std::string bytes(3, '\0');
  ASSERT_EQ(::pread(body.descriptor, bytes.data(), 3, static_cast<off_t>(body.offset)), 3);
  EXPECT_EQ(bytes, "one");
  EXPECT_EQ(text_now(*cache, "a"), "one") << "who did not ask for a file gets none";
}

TEST_F(DiskCacheReading, AStaleBodyComesInMemory) {
  const auto cache = make();
  ASSERT_TRUE(insert(*cache, "a", "one").has_value());
  EXPECT_EQ(text(*cache, "a"), "one");
  ASSERT_TRUE(is_in_file(find_for_sending(*cache, "a")));

  clock_.advance(std::chrono::minutes(60) + std::chrono::seconds(30));

  ImmediateLookup stale = find_for_sending(*cache, "a");
  ASSERT_TRUE(stale.entry().has_value());
  EXPECT_FALSE(is_in_file(stale));
  EXPECT_EQ(stale.entry()->body(), "one");
}

TEST_F(DiskCacheReading, ByCopyNoBodyStaysInItsFile) {
  DiskCache::Options by_copy = options();
  by_copy.transfer = DiskTransfer::kCopy;
  const auto cache = make(by_copy);
  ASSERT_TRUE(insert(*cache, "a", "one").has_value());

  for (int i = 0; i < 3; ++i) {
    ImmediateLookup found = find_for_sending(*cache, "a");
    ASSERT_TRUE(found.entry().has_value());
    EXPECT_FALSE(is_in_file(found));
  }
}

TEST_F(DiskCacheReading, WhatLeftThePageCacheMustBeWaitedForAndFoundGoodAgain) {
  const auto cache = make();
  ASSERT_TRUE(insert(*cache, "a", "one").has_value());
  EXPECT_EQ(text(*cache, "a"), "one");
  ASSERT_TRUE(is_in_file(find_for_sending(*cache, "a")));

  disk_->set_cold(true);
  EXPECT_FALSE(find_for_sending(*cache, "a").is_known());
  disk_->set_cold(false);

  EXPECT_FALSE(is_in_file(find_for_sending(*cache, "a")));
  EXPECT_TRUE(is_in_file(find_for_sending(*cache, "a")));
}

TEST_F(DiskCacheReading, WhatChangedWhileItWasOutOfThePageCacheIsNotSent) {
  const auto cache = make();
  ASSERT_TRUE(insert(*cache, "a", "one").has_value());
  EXPECT_EQ(text(*cache, "a"), "one");
  disk_->set_cold(true);
  EXPECT_FALSE(find_for_sending(*cache, "a").is_known());
  flip_bit(segment(1), (segment_bytes() - 1) * 8);
  disk_->set_cold(false);

  ImmediateLookup found = find_for_sending(*cache, "a");

  EXPECT_TRUE(found.is_known());
  EXPECT_FALSE(found.entry().has_value());
  EXPECT_EQ(cache->stats().removals.corrupt, 1);
}

TEST_F(DiskCacheReading, AHungDiskCostsTheBudgetAndThenNothingUntilItIsWellAgain) {
  const auto cache = make(impatient());
  ASSERT_TRUE(insert(*cache, "a", "one").has_value());

  hang_reads(*cache);

  EXPECT_EQ(cache->stats().disk->state, "open");
  EXPECT_FALSE(cache->stats().available);
  EXPECT_EQ(text(*cache, "a"), "the disk cache is not available");
  EXPECT_EQ(cache->stats().errors, 3);
  EXPECT_EQ(cache->stats().misses, 3);
  unhang();
  EXPECT_TRUE(cache->is_available()) << "a probe is due";
  EXPECT_EQ(text_now(*cache, "a"), "must wait") << "find is the probe";
  EXPECT_EQ(text(*cache, "a"), "one");
  EXPECT_EQ(cache->stats().disk->state, "closed");
  EXPECT_EQ(text_now(*cache, "a"), "one");
}

TEST_F(DiskCacheReading, AProbeOfADiskThatStillHangsKeepsTheTierAway) {
  const auto cache = make(impatient());
  hang_reads(*cache);

  wait_out_breaker();
  EXPECT_EQ(find(*cache, "hung").error().code(), ErrorCode::kTimeout);

  EXPECT_FALSE(cache->is_available());
  unhang();
  EXPECT_EQ(text(*cache, "hung"), "it hangs");
}

TEST_F(DiskCacheReading, AReadThatFailsIsAMissAndAnError) {
  const auto cache = make(sensitive());
  ASSERT_TRUE(insert(*cache, "a", "one").has_value());
  disk_->fail(EIO, Calls::kRead | Calls::kReadNow);

  EXPECT_EQ(text_now(*cache, "a"), "none");
  EXPECT_EQ(find(*cache, "a").error().code(), ErrorCode::kIo);

  EXPECT_EQ(cache->stats().misses, 2);
  EXPECT_EQ(cache->stats().errors, 2);
  EXPECT_FALSE(cache->is_available());
  disk_->heal();
  wait_out_breaker();
  EXPECT_EQ(text(*cache, "a"), "one");
}

TEST_F(DiskCacheReading, NoMoreReadsThanAllowedWaitForTheDisk) {
  DiskCache::Options few = impatient();
  few.max_waiting_reads = 2;
  few.breaker.failures_to_open = 100;
  const auto cache = make(few);
  ASSERT_TRUE(insert(*cache, "a", "one").has_value());
  disk_->close_gate(Calls::kRead);

  EXPECT_EQ(find(*cache, "a").error().code(), ErrorCode::kTimeout);
  EXPECT_EQ(find(*cache, "a").error().code(), ErrorCode::kTimeout);
  const std::int64_t reads = disk_->count(Calls::kRead);
  EXPECT_EQ(find(*cache, "a").error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(disk_->count(Calls::kRead), reads);
  disk_->open_gate();
  // The two that waited are done when the tier is.
}

TEST_F(DiskCacheReading, WhatIsErasedWhileTheDiskHangsDoesNotComeBackWithIt) {
  const auto cache = make(impatient());
  ASSERT_TRUE(insert(*cache, "a", "one").has_value());
  hang_reads(*cache);

  EXPECT_TRUE(erase(*cache, "a").has_value());
  unhang();
  EXPECT_EQ(text(*cache, "hung"), "it hangs");

  EXPECT_TRUE(cache->is_available());
  EXPECT_EQ(text(*cache, "a"), "none");
  sweep(*cache);
  EXPECT_EQ(body_of(*open_read_only(), "a"), std::nullopt);
  expect_tier_sums_hold(*cache);
}

TEST_F(DiskCacheReading, WhatIsErasedWhileItIsBeingWrittenToAHungDiskDoesNotComeBackWithIt) {
  const auto cache = make(impatient());
  hang_reads(*cache);
  disk_->close_gate(Calls::kRead | Calls::kWrite);
  ASSERT_TRUE(offer(*cache, "a", "one").has_value());
  disk_->await_waiting(1);

  EXPECT_TRUE(erase(*cache, "a").value());
  unhang();
  cache->flush();
  EXPECT_EQ(text(*cache, "hung"), "it hangs");

  EXPECT_EQ(text(*cache, "a"), "none");
  EXPECT_EQ(text_now(*cache, "a"), "none");
  sweep(*cache);
  EXPECT_EQ(body_of(*open_read_only(), "a"), std::nullopt);
  expect_tier_sums_hold(*cache);
}

}  // namespace
}  // namespace refrain::testing
