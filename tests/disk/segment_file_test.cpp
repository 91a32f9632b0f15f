#include "refrain/disk/segment_file.h"

#include "support/temp_dir.h"

#include <gtest/gtest.h>

#include <fcntl.h>

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace refrain {
namespace {

using testing::TempDir;

class SegmentFileTest : public ::testing::Test {
protected:
  [[nodiscard]] SegmentFile open(int flags = O_RDWR | O_CREAT) const {
    return SegmentFile(FileDescriptor(::open(path().c_str(), flags, 0600)), 3, 0, surroundings());
  }
  [[nodiscard]] SegmentFile::Surroundings surroundings() const {
    SegmentFile::Surroundings surroundings;
    surroundings.file_system = std::make_shared<FileSystem>();
    surroundings.usage = usage_;
    surroundings.capacity = 1 << 20;
    return surroundings;
  }
  [[nodiscard]] std::filesystem::path path() const { return dir_.path() / "segment"; }

  static Result<void> append(SegmentFile& file, std::string first, std::string second) {
    const std::array<iovec, 2> buffers{
        {{first.data(), first.size()}, {second.data(), second.size()}}};
    return file.append(buffers);
  }
  static std::string read(const SegmentFile& file, std::uint64_t offset, std::size_t size) {
    std::string bytes(size, '\0');
    const std::array<iovec, 1> buffers{{{bytes.data(), bytes.size()}}};
    const Result<std::size_t> count = file.read(offset, buffers);
    return count ? bytes.substr(0, *count) : "error: " + count.error().message();
  }

  std::shared_ptr<DiskUsage> usage_ = std::make_shared<DiskUsage>(512);

private:
  TempDir dir_;
};

TEST_F(SegmentFileTest, CountsItsBlocksUntilItIsClosed) {
  {
    SegmentFile file = open();
    EXPECT_EQ(usage_->bytes(), 0U);

    ASSERT_TRUE(append(file, std::string(500, 'x'), "").has_value());
    EXPECT_EQ(usage_->bytes(), 512U);
    ASSERT_TRUE(append(file, std::string(13, 'x'), "").has_value());
    EXPECT_EQ(usage_->bytes(), 1024U);
    ASSERT_TRUE(file.truncate(512).has_value());
    EXPECT_EQ(usage_->bytes(), 512U);
    std::filesystem::remove(path());
    EXPECT_EQ(usage_->bytes(), 512U);
  }

  EXPECT_EQ(usage_->bytes(), 0U);
}

TEST_F(SegmentFileTest, WhatWasJustWrittenIsResidentAndReadWithoutWaiting) {
  SegmentFile file = open();
  ASSERT_TRUE(append(file, std::string(100'000, 'x'), "end").has_value());
  std::string bytes(3, '\0');
  const std::array<iovec, 1> buffers{{{bytes.data(), bytes.size()}}};

  EXPECT_TRUE(file.is_resident(0, 100'003));
  const Result<std::optional<std::size_t>> count = file.read_now(100'000, buffers);

  ASSERT_TRUE(count.has_value());
  EXPECT_EQ(*count, 3U);
  EXPECT_EQ(bytes, "end");
}

TEST_F(SegmentFileTest, WhatLiesBehindItsEndIsNeitherResidentNorRead) {
  SegmentFile file = open();
  ASSERT_TRUE(append(file, "abc", "").has_value());
  std::string bytes(4, '\0');
  const std::array<iovec, 1> buffers{{{bytes.data(), bytes.size()}}};

  EXPECT_FALSE(file.is_resident(0, 4));
  const Result<std::optional<std::size_t>> count = file.read_now(0, buffers);

  ASSERT_TRUE(count.has_value());
  EXPECT_FALSE(count->has_value());
}

TEST_F(SegmentFileTest, AppendsAllBuffersAtItsEnd) {
  SegmentFile file = open();

  ASSERT_TRUE(append(file, "one", "two").has_value());
  ASSERT_TRUE(append(file, "", "three").has_value());

  EXPECT_EQ(file.size(), 11U);
  EXPECT_EQ(read(file, 0, 11), "onetwothree");
  EXPECT_EQ(read(file, 3, 3), "two");
}

TEST_F(SegmentFileTest, ReadsFewerBytesOnlyAtTheEnd) {
  SegmentFile file = open();
  ASSERT_TRUE(append(file, "abc", "").has_value());

  EXPECT_EQ(read(file, 1, 100), "bc");
  EXPECT_EQ(read(file, 100, 1), "");
}

TEST_F(SegmentFileTest, OverwritesWhatWasCut) {
  SegmentFile file = open();
  ASSERT_TRUE(append(file, "abc", "def").has_value());

  ASSERT_TRUE(file.truncate(3).has_value());
  ASSERT_TRUE(append(file, "xyz", "").has_value());

  EXPECT_EQ(read(file, 0, 10), "abcxyz");
}

TEST_F(SegmentFileTest, TakesNoMoreRecordsAfterAFailureThatCannotBeUndone) {
  const SegmentFile made = open();
  SegmentFile file = open(O_RDONLY);  // neither writing nor cutting is possible

  EXPECT_EQ(append(file, "abc", "").error().code(), ErrorCode::kIo);

  EXPECT_FALSE(file.is_appendable());
}

TEST_F(SegmentFileTest, StaysReadableWithoutAName) {
  SegmentFile file = open();
  ASSERT_TRUE(append(file, "abc", "").has_value());
  EXPECT_TRUE(file.is_linked());

  std::filesystem::remove(path());

  EXPECT_FALSE(file.is_linked());
  EXPECT_EQ(read(file, 0, 3), "abc");
}

}  // namespace
}  // namespace refrain
