#include "refrain/disk/disk_cache.h"

#include "store_fixture.h"
#include "support/run.h"

#include <boost/asio/thread_pool.hpp>
#include <gtest/gtest.h>

#include <atomic>

namespace refrain::testing {
namespace {

class CountingLog final : public Log {
public:
  void write(LogLevel level,
             std::string_view /*message*/,
             std::initializer_list<LogField> /*fields*/) override {
    if (level == LogLevel::kError) ++errors_;
  }
  [[nodiscard]] int errors() const { return errors_; }

private:
  std::atomic<int> errors_{0};
};

class DiskCacheTest : public StoreFixture {
protected:
  using StoreFixture::insert;

  [[nodiscard]] std::unique_ptr<DiskCache> make(const DiskCache::Options& options) {
    return std::make_unique<DiskCache>(options, pool_, clock_, counting_log_);
  }
  [[nodiscard]] std::unique_ptr<DiskCache> make() { return make(options()); }

  Result<std::optional<Entry>> find(DiskCache& cache, std::string_view name) {
    return run(loop_, cache.find(sample_key(name)));
  }
  Result<InsertOutcome> insert(DiskCache& cache, std::string_view name, std::string_view body) {
    return run(loop_, cache.insert(entry(name, body)));
  }
  Result<bool> erase(DiskCache& cache, std::string_view name) {
    return run(loop_, cache.erase(sample_key(name)));
  }
  Result<void> clear(DiskCache& cache, std::uint64_t epoch) {
    return run(loop_, cache.clear(epoch));
  }
  void sweep(DiskCache& cache) { run(loop_, cache.sweep()); }

  static void expect_tier_sums_hold(const DiskCache& cache) {
    const TierStats stats = cache.stats();
    EXPECT_EQ(stats.insertions - stats.removals.total(), stats.items);
  }

  // The pool's threads may still be leaving the loop when a task is done: the loop goes last.
  boost::asio::io_context loop_{1};
  boost::asio::thread_pool pool_{2};
  CountingLog counting_log_;
};

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
  EXPECT_EQ(counting_log_.errors(), 1);

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

TEST_F(DiskCacheTest, KnowsAtOnceWhatItDoesNotHold) {
  const auto cache = make();
  ASSERT_TRUE(insert(*cache, "a", "one").has_value());

  EXPECT_FALSE(cache->find_now(sample_key("a"), BodyPlace::kMemory).is_known());
  EXPECT_TRUE(cache->find_now(sample_key("b"), BodyPlace::kMemory).is_known());

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
