#include "refrain/disk/file_system.h"

#include "refrain/disk/file_descriptor.h"

#include "support/temp_dir.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

namespace refrain {
namespace {

using testing::TempDir;

/// A directory and an open file in it.
class FileSystemTest : public ::testing::Test {
protected:
  [[nodiscard]] std::string path() const { return dir_.path().string(); }
  [[nodiscard]] FileDescriptor directory() {
    return FileDescriptor(files_.open_directory(path().c_str()));
  }
  [[nodiscard]] FileDescriptor make_file(const char* name) {
    const FileDescriptor in = directory();
    return FileDescriptor(
        files_.open_at(in.value(), name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  }
  ssize_t write(int file, std::string bytes, off_t offset) {
    const iovec buffer{bytes.data(), bytes.size()};
    return files_.write_at(file, &buffer, 1, offset);
  }
  std::string read(int file, std::size_t size, off_t offset, int flags = 0) {
    std::string bytes(size, '\0');
    const iovec buffer{bytes.data(), bytes.size()};
    const ssize_t count = files_.read_at(file, &buffer, 1, offset, flags);
    if (count < 0) return "errno " + std::to_string(errno);
    return bytes.substr(0, static_cast<std::size_t>(count));
  }

  FileSystem files_;

private:
  TempDir dir_;
};

TEST_F(FileSystemTest, ReadsWhatItWrote) {
  const FileDescriptor file = make_file("a");

  EXPECT_EQ(write(file.value(), "one two", 0), 7);
  EXPECT_EQ(write(file.value(), "six", 4), 3);

  EXPECT_EQ(read(file.value(), 100, 0), "one six");
  EXPECT_EQ(read(file.value(), 3, 4), "six");
  EXPECT_EQ(files_.truncate(file.value(), 3), 0);
  EXPECT_EQ(read(file.value(), 100, 0), "one");
  EXPECT_EQ(files_.sync(file.value()), 0);
  EXPECT_EQ(files_.sync_data(file.value()), 0);
}

TEST_F(FileSystemTest, ListsRenamesAndUnlinks) {
  const FileDescriptor a = make_file("a");
  const FileDescriptor b = make_file("b");
  const FileDescriptor in = directory();
  const auto names = [&] {
    std::vector<std::string> listed;
    EXPECT_EQ(files_.list(in.value(), listed), 0);
    std::ranges::sort(listed);
    return listed;
  };

  EXPECT_EQ(names(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(files_.rename_at(in.value(), "a", "c"), 0);
  EXPECT_EQ(names(), (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(files_.unlink_at(in.value(), "b"), 0);
  EXPECT_EQ(names(), (std::vector<std::string>{"c"}));
}

TEST_F(FileSystemTest, FailsAsTheSystemCallDoes) {
  std::vector<std::string> names;
  struct stat status{};

  EXPECT_EQ(files_.open_directory((path() + "/none").c_str()), -1);
  EXPECT_EQ(errno, ENOENT);
  EXPECT_EQ(files_.unlink_at(directory().value(), "none"), -1);
  EXPECT_EQ(errno, ENOENT);
  EXPECT_EQ(files_.make_directory(path().c_str(), 0700), -1);
  EXPECT_EQ(errno, EEXIST);
  EXPECT_EQ(files_.list(-1, names), -1);
  EXPECT_EQ(errno, EBADF);
  EXPECT_EQ(files_.status_of_path((path() + "/none").c_str(), status), -1);
  EXPECT_EQ(errno, ENOENT);
  EXPECT_EQ(read(-1, 1, 0), "errno " + std::to_string(EBADF));
}

TEST_F(FileSystemTest, KnowsItsBlocksAndItsRoom) {
  struct statfs status{};

  ASSERT_EQ(files_.file_system_status(directory().value(), status), 0);

  EXPECT_GT(status.f_bsize, 0);
  EXPECT_GT(status.f_blocks, 0U);
}

TEST_F(FileSystemTest, WhatWasWrittenIsResidentAndWhatWasDroppedFromThePageCacheIsNot) {
  constexpr std::size_t kSize = 4 << 20;
  const FileDescriptor file = make_file("a");
  ASSERT_EQ(write(file.value(), std::string(kSize, 'x'), 0), static_cast<ssize_t>(kSize));
  void* const pages = ::mmap(nullptr, kSize, PROT_NONE, MAP_SHARED, file.value(), 0);
  ASSERT_NE(pages, MAP_FAILED);
  struct statfs status{};
  ASSERT_EQ(files_.file_system_status(file.value(), status), 0);
  const bool keeps_all_in_memory = status.f_type == TMPFS_MAGIC;

  EXPECT_TRUE(files_.is_resident(pages, kSize));
  EXPECT_TRUE(files_.is_resident(static_cast<char*>(pages) + 5000, 3));
  ASSERT_EQ(files_.sync(file.value()), 0);
  ASSERT_EQ(::posix_fadvise(file.value(), 0, 0, POSIX_FADV_DONTNEED), 0);

  EXPECT_EQ(files_.is_resident(pages, kSize), keeps_all_in_memory);
  EXPECT_EQ(read(file.value(), kSize, 0), std::string(kSize, 'x'));
  EXPECT_TRUE(files_.is_resident(pages, kSize));
  ::munmap(pages, kSize);
}

TEST_F(FileSystemTest, WhatIsNotMappedIsNotResident) {
  const FileDescriptor file = make_file("a");
  void* const pages = ::mmap(nullptr, 4096, PROT_NONE, MAP_SHARED, file.value(), 0);
  ASSERT_NE(pages, MAP_FAILED);
  ::munmap(pages, 4096);

  EXPECT_FALSE(files_.is_resident(pages, 10));
}

}  // namespace
}  // namespace refrain
