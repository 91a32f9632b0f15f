#pragma once

/// @file
/// A disk tier on a disk that obeys the test.

#include "refrain/disk/disk_cache.h"

#include "faulty_store_fixture.h"
#include "support/log_spy.h"
#include "support/run.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace refrain::testing {

class DiskCacheFixture : public FaultyStoreFixture {
protected:
  using FaultyStoreFixture::erase;
  using FaultyStoreFixture::insert;

  /// With a time budget that no disk uses up, however busy the machine is.
  [[nodiscard]] DiskCache::Options patient() const {
    DiskCache::Options options = this->options();
    options.read_budget = std::chrono::minutes(2);
    return options;
  }
  /// With breakers that open at the second failure.
  [[nodiscard]] DiskCache::Options sensitive() const {
    DiskCache::Options options = patient();
    options.breaker.failures_to_open = 2;
    return options;
  }
  /// The same with a time budget that a test can wait out.
  [[nodiscard]] DiskCache::Options impatient() const {
    DiskCache::Options options = sensitive();
    options.read_budget = std::chrono::milliseconds(100);
    return options;
  }

  /// A tier that is about to go waits for what it has begun: the disk must not hang then.
  struct GoOnAndDelete {
    std::shared_ptr<FaultyFileSystem> disk;
    void operator()(DiskCache* cache) const {
      disk->open_gate();
      delete cache;
    }
  };
  using OwnedCache = std::unique_ptr<DiskCache, GoOnAndDelete>;

  [[nodiscard]] OwnedCache make(const DiskCache::Options& options) {
    return OwnedCache(new DiskCache(options, clock_, spy_), GoOnAndDelete{disk_});
  }
  [[nodiscard]] OwnedCache make() { return make(patient()); }

  Result<std::optional<Entry>> find(DiskCache& cache, std::string_view name) {
    return run(loop_, cache.find(sample_key(name)));
  }
  /// The body under `name`, or `none`, or what the error says.
  std::string text(DiskCache& cache, std::string_view name) {
    const Result<std::optional<Entry>> found = find(cache, name);
    if (!found) return found.error().message();
    return *found ? std::string((*found)->body()) : "none";
  }
  /// The body that is known at once, `none`, or `must wait`.
  static std::string text_now(DiskCache& cache, std::string_view name) {
    ImmediateLookup found = cache.find_now(sample_key(name), BodyPlace::kMemory);
    if (!found.is_known()) return "must wait";
    return found.entry() ? std::string(found.entry()->body()) : "none";
  }
  /// Leaves the entry in the queue, unless the pool is quicker.
  Result<InsertOutcome> offer(DiskCache& cache, const Entry& entry) {
    return run(loop_, cache.insert(entry));
  }
  Result<InsertOutcome> offer(DiskCache& cache, std::string_view name, std::string_view body) {
    return offer(cache, entry(name, body));
  }
  /// Returns when the entry has been written or dropped.
  Result<InsertOutcome> insert(DiskCache& cache, std::string_view name, std::string_view body) {
    Result<InsertOutcome> outcome = offer(cache, name, body);
    cache.flush();
    return outcome;
  }
  Result<bool> erase(DiskCache& cache, std::string_view name) {
    return run(loop_, cache.erase(sample_key(name)));
  }
  Result<void> clear(DiskCache& cache, std::uint64_t epoch) {
    return run(loop_, cache.clear(epoch));
  }
  void sweep(DiskCache& cache) { run(loop_, cache.sweep()); }

  /// Runs a task up to where it waits for the disk.
  template <class T>
  std::shared_ptr<std::optional<T>> begin(Task<T> task) {
    auto result = std::make_shared<std::optional<T>>();
    boost::asio::co_spawn(
        loop_.get_executor(), keep_result(std::move(task), result), boost::asio::detached);
    loop_.restart();
    loop_.poll();
    return result;
  }
  template <class T>
  T finish(const std::shared_ptr<std::optional<T>>& begun) {
    loop_.restart();
    while (!*begun && loop_.run_one() > 0) {
    }
    return begun->value();
  }

  /// Nothing is answered without waiting, and reads hang, until two have made the tier unavailable.
  void hang_reads(DiskCache& cache) {
    ASSERT_TRUE(insert(cache, "hung", "it hangs").has_value());
    disk_->set_cold(true);
    disk_->close_gate(Calls::kRead);
    for (int i = 0; i < 2; ++i)
      ASSERT_EQ(find(cache, "hung").error().code(), ErrorCode::kTimeout);
    ASSERT_FALSE(cache.is_available());
  }
  /// The disk is well again, and the tier may find that out.
  void unhang() {
    disk_->open_gate();
    disk_->set_cold(false);
    wait_out_breaker();
  }
  void wait_out_breaker() { clock_.advance(std::chrono::minutes(2)); }

  static void expect_tier_sums_hold(const DiskCache& cache) {
    const TierStats stats = cache.stats();
    EXPECT_EQ(stats.insertions - stats.removals.total(), stats.items);
  }

  // The pool's threads may still be leaving the loop when a task is done: the loop goes last.
  boost::asio::io_context loop_{1};
  LogSpy spy_;
};

}  // namespace refrain::testing
