#include "refrain/disk/file_descriptor.h"

#include <gtest/gtest.h>

#include <fcntl.h>

#include <utility>

namespace refrain {
namespace {

int open_something() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

bool is_open(int descriptor) {
  return ::fcntl(descriptor, F_GETFD) != -1;
}

TEST(FileDescriptor, ClosesItsFileAtTheEndOfItsScope) {
  const int value = open_something();
  {
    const FileDescriptor file(value);
    EXPECT_TRUE(file.is_open());
  }
  EXPECT_FALSE(is_open(value));
}

TEST(FileDescriptor, HandsItsFileOnWhenMoved) {
  const int value = open_something();
  FileDescriptor first(value);

  const FileDescriptor second(std::move(first));

  EXPECT_EQ(second.value(), value);
  EXPECT_TRUE(is_open(value));
}

TEST(FileDescriptor, IsEmptyUntilItIsGivenAFile) {
  EXPECT_FALSE(FileDescriptor().is_open());
}

}  // namespace
}  // namespace refrain
