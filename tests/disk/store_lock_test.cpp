#include "refrain/disk/store_lock.h"

#include "support/temp_dir.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

namespace refrain {
namespace {

using testing::TempDir;

StoreDirectory open_directory(const TempDir& dir) {
  Result<StoreDirectory> directory = StoreDirectory::open(dir.path(), OpenMode::kOwner);
  if (!directory) throw std::runtime_error(directory.error().message());
  return std::move(*directory);
}

TEST(StoreLock, RefusesASecondOwnerAndNamesTheFirst) {
  const TempDir dir;
  const StoreDirectory directory = open_directory(dir);
  const Result<StoreLock> first = StoreLock::acquire(directory);
  ASSERT_TRUE(first.has_value());

  const Result<StoreLock> second = StoreLock::acquire(directory);

  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code(), ErrorCode::kUnavailable);
  EXPECT_NE(second.error().message().find("process " + std::to_string(::getpid())),
            std::string::npos)
      << second.error().message();
}

TEST(StoreLock, IsFreeAgainWhenItsOwnerIsGone) {
  const TempDir dir;
  const StoreDirectory directory = open_directory(dir);
  std::optional<Result<StoreLock>> first = StoreLock::acquire(directory);
  ASSERT_TRUE(first->has_value());

  first.reset();

  EXPECT_TRUE(StoreLock::acquire(directory).has_value());
}

TEST(StoreLock, SaysWhenItsFileWasRemoved) {
  const TempDir dir;
  const StoreDirectory directory = open_directory(dir);
  const Result<StoreLock> lock = StoreLock::acquire(directory);
  ASSERT_TRUE(lock.has_value());
  EXPECT_TRUE(lock->is_linked());

  std::filesystem::remove(dir.path() / StoreDirectory::kLockName);

  EXPECT_FALSE(lock->is_linked());
}

TEST(StoreLock, FollowsNoSymbolicLink) {
  const TempDir dir;
  std::ofstream(dir.path() / "precious") << "data";
  std::filesystem::create_symlink(dir.path() / "precious", dir.path() / StoreDirectory::kLockName);

  EXPECT_FALSE(StoreLock::acquire(open_directory(dir)).has_value());
  EXPECT_EQ(std::filesystem::file_size(dir.path() / "precious"), 4U);
}

}  // namespace
}  // namespace refrain
