#include "refrain/app/cache_directory.h"

#include "app/stored_entries.h"
#include "support/manual_clock.h"
#include "support/sample_entry.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

namespace refrain::app {
namespace {

class CacheDirectoryTest : public ::testing::Test {
protected:
  [[nodiscard]] CacheDirectory directory() const {
    return std::move(*CacheDirectory::open(dir_.path()));
  }

  testing::TempDir dir_;
  testing::ManualClock clock_;
};

TEST_F(CacheDirectoryTest, HasNothingToSayOfAnEmptyDirectory) {
  EXPECT_EQ(directory().format_version(), std::nullopt);
  EXPECT_FALSE(directory().snapshot());
  EXPECT_EQ(directory().owner(), std::nullopt);
  EXPECT_GT(directory().free_bytes().value_or(0), 0U);
}

TEST_F(CacheDirectoryTest, KnowsTheOwnerWhileThereIsOne) {
  std::unique_ptr<SegmentStore> store = testing::open_store(dir_.path(), clock_);
  EXPECT_EQ(directory().owner(), ::getpid());

  store.reset();
  EXPECT_EQ(directory().owner(), std::nullopt);
}

TEST_F(CacheDirectoryTest, KnowsOfAnOwnerThatDidNotSignIt) {
  const std::unique_ptr<SegmentStore> store = testing::open_store(dir_.path(), clock_);
  std::filesystem::resize_file(dir_.path() / "LOCK", 0);

  EXPECT_EQ(directory().owner(), 0);
}

TEST_F(CacheDirectoryTest, KnowsTheSnapshotThatAnOwnerLeft) {
  std::unique_ptr<SegmentStore> store = testing::open_store(dir_.path(), clock_);
  static_cast<void>(store->insert(testing::sample_entry(testing::sample_key("a"), clock_.now())));
  EXPECT_FALSE(directory().snapshot());

  store.reset();

  const std::optional<SnapshotHeader> snapshot = directory().snapshot();
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->entries, 1U);
  EXPECT_EQ(snapshot->ttl, std::chrono::hours(24));
  EXPECT_EQ(snapshot->written, clock_.now());
  EXPECT_EQ(directory().format_version(), StoreMeta::kFormatVersion);
}

TEST_F(CacheDirectoryTest, TrustsNoFileOfAnotherKind) {
  for (const char* name : {"INDEX", "META", "LOCK"})
    std::ofstream(dir_.path() / name) << "something else";

  EXPECT_EQ(directory().format_version(), std::nullopt);
  EXPECT_FALSE(directory().snapshot());
  EXPECT_EQ(directory().owner(), std::nullopt);
}

}  // namespace
}  // namespace refrain::app
