// The cases of docs/reliability.md that concern the tier as a whole.
#include "refrain/cache/tiered_cache.h"
#include "refrain/disk/disk_cache.h"
#include "refrain/memory/memory_tier.h"

#include "disk_cache_fixture.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace refrain::testing {
namespace {

class TornTier : public DiskCacheFixture {};

TEST_F(TornTier, Case13ADroppedInsertDoesNotLeaveTheOldValueBehindForAnErasureToMiss) {
  DiskCache::Options narrow = sensitive();
  narrow.max_queued_bytes = 500;
  {
    const auto cache = make(narrow);
    ASSERT_TRUE(insert(*cache, "a", "old").has_value());
    EXPECT_EQ(insert(*cache, "a", std::string(1'000, 'n')).value(), InsertOutcome::kRefused);
    EXPECT_EQ(text(*cache, "a"), "none");
    EXPECT_TRUE(erase(*cache, "a").has_value());
  }

  EXPECT_EQ(body_of(*open_by_scanning(), "a"), std::nullopt);
}

TEST_F(TornTier, Case17ATierThatIsClosedWithAFullQueueHasEverythingAfterReopening) {
  {
    const auto cache = make();
    disk_->close_gate(Calls::kWrite);
    for (int i = 0; i < 100; ++i)
      ASSERT_EQ(offer(*cache, std::to_string(i), "body").value(), InsertOutcome::kStored);
    EXPECT_EQ(cache->stats().disk->queued, 100);
  }

  const auto cache = make();

  EXPECT_EQ(cache->stats().items, 100);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(text(*cache, std::to_string(i)), "body");
  EXPECT_EQ(cache->store()->stats().scanned, 0) << "it left a snapshot";
}

TEST_F(TornTier, Case17ASecondTierIsUnavailableUntilTheFirstIsGone) {
  auto first = make();
  ASSERT_TRUE(insert(*first, "a", "one").has_value());
  const auto second = make();

  EXPECT_FALSE(second->is_available());
  first.reset();
  clock_.advance(std::chrono::seconds(5));
  sweep(*second);

  EXPECT_EQ(text(*second, "a"), "one");
}

TEST_F(TornTier, Case12WithoutItsDirectoryTheTierOpensAnewAndCountsWhatWasLost) {
  const auto cache = make();
  ASSERT_TRUE(insert(*cache, "a", "one").has_value());

  std::filesystem::remove_all(directory());
  EXPECT_EQ(text(*cache, "a"), "one") << "the file is still open";
  clock_.advance(std::chrono::seconds(5));
  sweep(*cache);

  EXPECT_EQ(text(*cache, "a"), "none");
  EXPECT_EQ(cache->stats().removals.invalidated, 1);
  ASSERT_TRUE(insert(*cache, "b", "two").has_value());
  EXPECT_EQ(text(*cache, "b"), "two");
  expect_tier_sums_hold(*cache);
}

TEST_F(TornTier, Case20AnExpiredEntryIsNotQueuedOrServed) {
  const auto cache = make();
  const Entry old = entry("a", "one");
  ASSERT_TRUE(insert(*cache, "b", "two").has_value());
  clock_.advance(std::chrono::hours(2));
  const std::int64_t writes = disk_->count(Calls::kWrite);

  EXPECT_EQ(offer(*cache, old).value(), InsertOutcome::kRefused);
  cache->flush();

  EXPECT_EQ(text_now(*cache, "b"), "none");
  EXPECT_EQ(text(*cache, "b"), "none");
  EXPECT_EQ(disk_->count(Calls::kWrite), writes);
  EXPECT_EQ(cache->stats().removals.expired, 1);
}

Task<Result<Generated>> one_answer() {
  co_return Generated{"text/plain", "made once"};
}

TEST_F(TornTier, Case21AnEntryThatMemoryGivesUpAndGetsBackIsNotWrittenAgain) {
  MemoryCache::Config one_item;
  one_item.max_items = 1;
  auto disk = std::make_unique<DiskCache>(options(), clock_, spy_);
  DiskCache& tier = *disk;
  std::vector<std::unique_ptr<Tier>> tiers;
  tiers.push_back(std::make_unique<MemoryTier>(one_item, clock_));
  tiers.push_back(std::move(disk));
  Epoch epoch;
  TieredCache cache(std::move(tiers), TieredCache::Config(), clock_, epoch, spy_);
  const auto get = [&](std::string_view name) {
    const Result<Answer> answer =
        run(loop_, cache.get_or_generate(sample_key(name), CacheDirectives(), one_answer));
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->entry().body(), "made once");
  };
  get("a");
  get("b");
  tier.flush();
  const std::int64_t writes = disk_->count(Calls::kWrite);
  const std::int64_t size = tier.stats().size_bytes;

  for (int i = 0; i < 10; ++i) {
    get("a");
    get("b");
  }
  tier.flush();

  EXPECT_GE(tier.stats().hits, 19);
  EXPECT_EQ(tier.stats().insertions, 2);
  EXPECT_EQ(disk_->count(Calls::kWrite), writes);
  EXPECT_EQ(tier.stats().size_bytes, size);
}

}  // namespace
}  // namespace refrain::testing
