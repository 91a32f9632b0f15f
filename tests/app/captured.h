#pragma once

/// @file
/// What a piece of the program writes to its standard streams.

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace refrain::testing {

struct Captured {
  int exit_code = 0;
  std::string out;
  std::string err;
};

/// Runs `work`, whose result is an exit code, with both streams going into files: no terminal.
template <class Work>
Captured captured(Work&& work) {
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Captured result;
  result.exit_code = std::forward<Work>(work)();
  result.out = ::testing::internal::GetCapturedStdout();
  result.err = ::testing::internal::GetCapturedStderr();
  return result;
}

}  // namespace refrain::testing
