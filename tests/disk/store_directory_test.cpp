#include "refrain/disk/store_directory.h"

#include "support/temp_dir.h"

#include <gtest/gtest.h>

#include <fcntl.h>

#include <filesystem>
#include <fstream>

namespace refrain {
namespace {

using testing::TempDir;

class StoreDirectoryTest : public ::testing::Test {
protected:
  [[nodiscard]] std::filesystem::path path() const { return dir_.path() / "a" / "b"; }
  [[nodiscard]] StoreDirectory open() const {
    Result<StoreDirectory> directory = StoreDirectory::open(path(), OpenMode::kOwner);
    if (!directory) throw std::runtime_error(directory.error().message());
    return std::move(*directory);
  }

private:
  TempDir dir_;
};

TEST_F(StoreDirectoryTest, MakesItsParents) {
  const StoreDirectory directory = open();

  EXPECT_TRUE(std::filesystem::is_directory(path()));
  EXPECT_TRUE(directory.is_in_place());
}

TEST_F(StoreDirectoryTest, MakesNothingForAReader) {
  EXPECT_FALSE(StoreDirectory::open(path(), OpenMode::kReadOnly).has_value());
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(StoreDirectoryTest, TellsAMissingFileFromOneThatIsNotRegular) {
  const StoreDirectory directory = open();
  std::filesystem::create_directory(path() / "folder");
  std::filesystem::create_symlink("/etc/hostname", path() / "link");

  EXPECT_EQ(directory.open_file("none", O_RDONLY).error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(directory.open_file("folder", O_RDONLY).error().code(), ErrorCode::kUnprocessable);
  EXPECT_EQ(directory.open_file("link", O_RDONLY).error().code(), ErrorCode::kUnprocessable);
}

TEST_F(StoreDirectoryTest, ReplacesMetaAndLeavesNoDraft) {
  const StoreDirectory directory = open();
  EXPECT_FALSE(directory.read_meta()->has_value());
  StoreMeta meta;
  meta.epoch = 3;
  ASSERT_TRUE(directory.write_meta(meta).has_value());
  meta.epoch = 4;

  ASSERT_TRUE(directory.write_meta(meta).has_value());

  const Result<std::optional<StoreMeta>> stored = directory.read_meta();
  ASSERT_TRUE(stored.has_value() && stored->has_value());
  EXPECT_EQ(stored->value_or(StoreMeta()).epoch, 4U);
  EXPECT_EQ(directory.names()->size(), 1U);
}

TEST_F(StoreDirectoryTest, IsNotMisledByADraftThatIsASymbolicLink) {
  const StoreDirectory directory = open();
  std::ofstream(path() / "precious") << "data";
  std::filesystem::create_symlink(path() / "precious", path() / StoreDirectory::kMetaDraftName);

  EXPECT_TRUE(directory.write_meta(StoreMeta()).has_value());

  EXPECT_EQ(std::filesystem::file_size(path() / "precious"), 4U);
}

TEST_F(StoreDirectoryTest, TellsAMetaThatIsNotAStores) {
  const StoreDirectory directory = open();
  std::ofstream(path() / StoreDirectory::kMetaName) << "something else";

  EXPECT_EQ(directory.read_meta().error().code(), ErrorCode::kCorrupt);
}

TEST_F(StoreDirectoryTest, KnowsThatItWasReplaced) {
  const StoreDirectory directory = open();

  std::filesystem::rename(path(), path().string() + ".old");
  EXPECT_FALSE(directory.is_in_place());
  std::filesystem::create_directory(path());

  EXPECT_FALSE(directory.is_in_place());
}

}  // namespace
}  // namespace refrain
