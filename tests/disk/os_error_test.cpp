#include "refrain/disk/os_error.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace refrain {
namespace {

TEST(OsError, SaysWhatCouldNotBeDoneAndWhy) {
  const Error error = os_error("read INDEX", EIO);

  EXPECT_EQ(error.code(), ErrorCode::kIo);
  EXPECT_EQ(error.message(), "cannot read INDEX: Input/output error");
}

TEST(OsError, TellsAFullDiskFromABrokenOne) {
  EXPECT_EQ(os_error("write", ENOSPC).code(), ErrorCode::kTooLarge);
  EXPECT_EQ(os_error("write", EDQUOT).code(), ErrorCode::kTooLarge);
  EXPECT_EQ(os_error("write", EROFS).code(), ErrorCode::kIo);
}

}  // namespace
}  // namespace refrain
