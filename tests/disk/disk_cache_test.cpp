#include "refrain/disk/disk_cache.h"

#include "disk_cache_fixture.h"

#include <gtest/gtest.h>

namespace refrain::testing {
namespace {

class DiskCacheTest : public DiskCacheFixture {};

TEST_F(DiskCacheTest, IsConstructedAndUnavailableWhereThereCanBeNoDirectory) {
  write_file(directory(), "a file");

  const auto cache = make();

  EXPECT_FALSE(cache->is_available());
  EXPECT_FALSE(cache->stats().available);
  EXPECT_EQ(cache->stats().errors, 1);
  EXPECT_EQ(cache->epoch(), 1U);
  EXPECT_FALSE(cache->find_now(sample_key("a"), BodyPlace::kMemory).is_known());
  EXPECT_EQ(find(*cache, "a").error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(insert(*cache, "a", "one").error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(cache->stats().misses, 1);
  EXPECT_EQ(cache->stats().errors, 3);
}

TEST_F(DiskCacheTest, TriesAgainEveryFiveSecondsAndLogsOnce) {
  write_file(directory(), "a file");
  const auto cache = make();

  sweep(*cache);
  EXPECT_EQ(cache->stats().errors, 1);
  clock_.advance(std::chrono::seconds(5));
  sweep(*cache);
  EXPECT_EQ(cache->stats().errors, 2);
  EXPECT_EQ(spy_.count(LogLevel::kError), 1U);

  std::filesystem::remove(directory());
  clock_.advance(std::chrono::seconds(5));
  sweep(*cache);

  EXPECT_TRUE(cache->is_available());
  EXPECT_TRUE(insert(*cache, "a", "one").has_value());
  EXPECT_TRUE(find(*cache, "a").value().has_value());
}

TEST_F(DiskCacheTest, TakesOverWhenTheOtherOwnerIsGone) {
  auto other = open();
  insert(*other, "a", "one");
  const auto cache = make();
  EXPECT_FALSE(cache->is_available());

  other.reset();
  clock_.advance(std::chrono::seconds(5));
  sweep(*cache);

  EXPECT_TRUE(cache->is_available());
  EXPECT_EQ(cache->stats().items, 1);
  expect_tier_sums_hold(*cache);
}

TEST_F(DiskCacheTest, AnswersAtOnceFromThePageCache) {
  const auto cache = make();
  ASSERT_TRUE(insert(*cache, "a", "one").has_value());

  ImmediateLookup found = cache->find_now(sample_key("a"), BodyPlace::kMemory);
  ImmediateLookup missed = cache->find_now(sample_key("b"), BodyPlace::kMemory);

  ASSERT_TRUE(found.entry().has_value());
  EXPECT_EQ(found.entry()->body(), "one");
  EXPECT_TRUE(missed.is_known());
  EXPECT_FALSE(missed.entry().has_value());
  EXPECT_EQ(cache->stats().hits, 1);
  EXPECT_EQ(cache->stats().misses, 1);
}

TEST_F(DiskCacheTest, ASizeLimitOfZeroSwitchesItOff) {
  DiskCache::Options off = options();
  off.max_size_bytes = 0;

  const auto cache = make(off);

  EXPECT_FALSE(cache->is_available());
  EXPECT_TRUE(cache->find_now(sample_key("a"), BodyPlace::kMemory).is_known());
  EXPECT_FALSE(find(*cache, "a").value().has_value());
  EXPECT_EQ(insert(*cache, "a", "one").value(), InsertOutcome::kRefused);
  EXPECT_FALSE(erase(*cache, "a").value());
  EXPECT_EQ(cache->stats().errors, 0);
  EXPECT_EQ(cache->stats().refusals, 1);
  EXPECT_FALSE(std::filesystem::exists(directory()));
}

TEST_F(DiskCacheTest, OpensAnewWhenItsDirectoryWasRemoved) {
  const auto cache = make();
  ASSERT_TRUE(insert(*cache, "a", "one").has_value());
  clock_.advance(std::chrono::seconds(5));

  std::filesystem::remove_all(directory());
  sweep(*cache);

  EXPECT_TRUE(cache->is_available());
  EXPECT_EQ(cache->stats().items, 0);
  EXPECT_EQ(cache->stats().removals.invalidated, 1);
  EXPECT_TRUE(insert(*cache, "b", "two").has_value());
  EXPECT_TRUE(find(*cache, "b").value().has_value());
  EXPECT_TRUE(std::filesystem::exists(segment(1)));
  expect_tier_sums_hold(*cache);
}

TEST_F(DiskCacheTest, RemembersAClearUntilItCanBeDone) {
  {
    const auto store = open();
    insert(*store, "a", "one");
  }
  std::filesystem::rename(directory(), directory().string() + ".away");
  write_file(directory(), "a file");
  const auto cache = make();

  EXPECT_FALSE(clear(*cache, 4).has_value());
  std::filesystem::remove(directory());
  std::filesystem::rename(directory().string() + ".away", directory());
  clock_.advance(std::chrono::seconds(5));
  sweep(*cache);

  EXPECT_TRUE(cache->is_available());
  EXPECT_EQ(cache->epoch(), 4U);
  EXPECT_EQ(cache->stats().items, 0);
  expect_tier_sums_hold(*cache);
}

TEST_F(DiskCacheTest, RemembersTheEpochAcrossRestarts) {
  EXPECT_TRUE(clear(*make(), 9).has_value());

  EXPECT_EQ(make()->epoch(), 9U);
}

TEST_F(DiskCacheTest, RemembersAnErasureUntilItCanBeDone) {
  {
    const auto store = open();
    insert(*store, "a", "one");
    insert(*store, "b", "two");
  }
  std::filesystem::rename(directory(), directory().string() + ".away");
  write_file(directory(), "a file");
  const auto cache = make();

  EXPECT_FALSE(erase(*cache, "a").value());
  std::filesystem::remove(directory());
  std::filesystem::rename(directory().string() + ".away", directory());
  clock_.advance(std::chrono::seconds(5));
  sweep(*cache);

  EXPECT_TRUE(cache->is_available());
  EXPECT_EQ(text(*cache, "a"), "none");
  EXPECT_EQ(text(*cache, "b"), "two");
  EXPECT_EQ(body_of(*open_read_only(), "a"), std::nullopt);
  expect_tier_sums_hold(*cache);
}

TEST_F(DiskCacheTest, ErasesEverythingRatherThanRememberEveryErasure) {
  {
    const auto store = open();
    insert(*store, "a", "one");
  }
  std::filesystem::rename(directory(), directory().string() + ".away");
  write_file(directory(), "a file");
  const auto cache = make();

  for (int i = 0; i < 10'001; ++i)
    ASSERT_TRUE(erase(*cache, std::to_string(i)).has_value());
  std::filesystem::remove(directory());
  std::filesystem::rename(directory().string() + ".away", directory());
  clock_.advance(std::chrono::seconds(5));
  sweep(*cache);

  EXPECT_TRUE(cache->is_available());
  EXPECT_EQ(text(*cache, "a"), "none");
  expect_tier_sums_hold(*cache);
}

TEST_F(DiskCacheTest, RefusesANetworkFileSystemAndSaysWhy) {
  disk_->pretend_to_be_nfs();

  const auto cache = make();

  EXPECT_FALSE(cache->is_available());
  ASSERT_EQ(spy_.records().size(), 1U);
  const LogSpy::Record record = spy_.records().front();
  EXPECT_EQ(record.level, LogLevel::kError);
  EXPECT_NE(record.fields.back().value().find("NFS"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(meta()));
}

TEST_F(DiskCacheTest, ReportsItsLimitsAndItsDirectory) {
  const TierStats stats = make()->stats();

  EXPECT_EQ(stats.name, "disk");
  EXPECT_EQ(stats.max_size_bytes, 1 << 20);
  EXPECT_EQ(stats.ttl, std::chrono::hours(24));
  EXPECT_EQ(stats.directory, directory().string());
}

TEST_F(DiskCacheTest, ACorruptEntryIsAMissAndNoError) {
  const auto cache = make();
  ASSERT_TRUE(insert(*cache, "a", "a body").has_value());
  flip_bit(segment(1), (segment_bytes() - 1) * 8);

  const Result<std::optional<Entry>> found = find(*cache, "a");

  ASSERT_TRUE(found.has_value());
  EXPECT_FALSE(found->has_value());
  EXPECT_EQ(cache->stats().removals.corrupt, 1);
  EXPECT_EQ(cache->stats().misses, 1);
  expect_tier_sums_hold(*cache);
}

}  // namespace
}  // namespace refrain::testing
