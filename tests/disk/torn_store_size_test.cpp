// The size limit, measured as the real file system takes room.
#include "refrain/disk/segment_store.h"

#include "store_fixture.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace refrain::testing {
namespace {

/// The real file system, which stands still while the room is measured that its files take: what
/// is seen is one instant, and every instant can be seen.
class MeasuredFileSystem : public FileSystem {
public:
  int open_at(int directory, const char* name, int flags, mode_t mode) override {
    const std::lock_guard lock(mutex_);
    return FileSystem::open_at(directory, name, flags, mode);
  }
  int unlink_at(int directory, const char* name) override {
    const std::lock_guard lock(mutex_);
    return FileSystem::unlink_at(directory, name);
  }
  int rename_at(int directory, const char* from, const char* to) override {
    const std::lock_guard lock(mutex_);
    return FileSystem::rename_at(directory, from, to);
  }
  ssize_t write_at(int file, const iovec* buffers, int count, off_t offset) override {
    const std::lock_guard lock(mutex_);
    return FileSystem::write_at(file, buffers, count, offset);
  }
  int truncate(int file, off_t size) override {
    const std::lock_guard lock(mutex_);
    return FileSystem::truncate(file, size);
  }

  /// Blocks, in bytes, of all files of a directory.
  [[nodiscard]] std::int64_t bytes_in(const std::filesystem::path& directory) {
    constexpr std::int64_t kUnitOfBlocks = 512;  // stat(2)
    const std::lock_guard lock(mutex_);
    std::int64_t bytes = 0;
    for (const auto& file : std::filesystem::directory_iterator(directory)) {
      struct stat status{};
      if (::lstat(file.path().c_str(), &status) == 0) bytes += status.st_blocks * kUnitOfBlocks;
    }
    return bytes;
  }

private:
  std::mutex mutex_;
};

class TornSize : public StoreFixture {
protected:
  TornSize() { file_system_ = measured_; }

  std::shared_ptr<MeasuredFileSystem> measured_ = std::make_shared<MeasuredFileSystem>();
};

TEST_F(TornSize, Case19TheBlocksOfAllFilesNeverExceedTheLimitAtAnyInstant) {
  constexpr std::int64_t kLimit = (2 << 20) + 1234;
  SegmentStore::Options tight = options();
  tight.max_size_bytes = kLimit;
  tight.segment_size_bytes = 128 << 10;
  const auto store = open(tight);
  std::atomic<bool> is_over{false};
  std::atomic<std::int64_t> most{0};
  std::atomic<std::int64_t> most_counted{0};
  std::atomic<std::int64_t> samples{0};
  const auto sample = [&] {
    while (!is_over) {
      most = std::max(most.load(), measured_->bytes_in(directory()));
      most_counted = std::max(most_counted.load(), store->stats().size_bytes);
      ++samples;
      std::this_thread::yield();  // those who are measured want the mutex too
    }
  };
  const auto write = [&](unsigned seed) {
    std::mt19937 random(seed);
    for (int i = 0; i < 400; ++i) {
      const std::string name = std::to_string(random() % 500);
      static_cast<void>(store->insert(entry(name, std::string(random() % 20'000, 'x'))));
      if (i % 7 == 0) static_cast<void>(store->find(sample_key(name)));
    }
  };
  const auto erase_and_sweep = [&] {
    std::mt19937 random(99);
    for (int i = 0; i < 40; ++i) {
      static_cast<void>(store->erase(sample_key(std::to_string(random() % 500))));
      clock_.advance(std::chrono::minutes(i % 4 == 0 ? 6 : 0));
      static_cast<void>(store->sweep());
    }
  };

  std::thread sampler(sample);
  std::vector<std::thread> workers;
  for (unsigned seed = 0; seed < 4; ++seed)
    workers.emplace_back(write, seed);
  workers.emplace_back(erase_and_sweep);
  for (std::thread& worker : workers)
    worker.join();
  // A sweep beside a reader of a removed segment may leave the snapshot for another time.
  insert(*store, "the last", "x");
  clock_.advance(std::chrono::minutes(6));
  static_cast<void>(store->sweep());
  is_over = true;
  sampler.join();

  EXPECT_LE(most, kLimit);
  EXPECT_LE(most_counted, kLimit);
  EXPECT_GT(most, kLimit / 2);
  EXPECT_GT(samples, 20);
  EXPECT_GT(store->stats().removals.capacity, 100);
  EXPECT_TRUE(std::filesystem::exists(snapshot()));
  expect_sums_hold(*store);
}

TEST_F(TornSize, Case19WhatItCountsIsWhatItsFilesTake) {
  SegmentStore::Options tight = options();
  tight.max_size_bytes = 2 << 20;
  const auto store = open(tight);

  for (int i = 0; i < 300; ++i) {
    insert(*store, std::to_string(i), std::string(static_cast<std::size_t>(i) * 61, 'x'));
    ASSERT_LE(measured_->bytes_in(directory()), store->stats().size_bytes);
  }

  EXPECT_GT(store->stats().removals.capacity, 0);
}

}  // namespace
}  // namespace refrain::testing
