#include "refrain/disk/segment_file.h"

#include "support/temp_dir.h"

#include <gtest/gtest.h>

#include <fcntl.h>

#include <array>
#include <filesystem>
#include <string>
#include <string_view>

namespace refrain {
namespace {

using testing::TempDir;

class SegmentFileTest : public ::testing::Test {
protected:
  [[nodiscard]] SegmentFile open(int flags = O_RDWR | O_CREAT) const {
    return SegmentFile(FileDescriptor(::open(path().c_str(), flags, 0600)), 3, 0);
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

private:
  TempDir dir_;
};

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
