#include "refrain/core/error.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace refrain {
namespace {

TEST(ErrorCode, EachHasANameOfItsOwn) {
  std::set<std::string> names;
  for (const ErrorCode code : kAllErrorCodes)
    names.emplace(to_string(code));

  EXPECT_EQ(names.size(), std::size(kAllErrorCodes));
  EXPECT_FALSE(names.contains("unknown"));
}

TEST(ErrorCode, TheTableOfAllIsComplete) {
  // Codes count from 0: the first value past the table must have no name.
  const auto past = static_cast<ErrorCode>(std::size(kAllErrorCodes));

  EXPECT_EQ(to_string(past), "unknown");
}

TEST(ErrorCode, NamesAreSnakeCase) {
  EXPECT_EQ(to_string(ErrorCode::kTimeout), "timeout");
  EXPECT_EQ(to_string(ErrorCode::kTooLarge), "too_large");
  EXPECT_EQ(to_string(ErrorCode::kInvalidArgument), "invalid_argument");
}

TEST(Error, CarriesCodeMessageAndField) {
  const Error error(ErrorCode::kUnprocessable, "too long", "prompt");

  EXPECT_EQ(error.code(), ErrorCode::kUnprocessable);
  EXPECT_EQ(error.message(), "too long");
  EXPECT_EQ(error.field(), "prompt");
}

TEST(Error, IsAboutNoFieldUnlessItSays) {
  EXPECT_TRUE(Error(ErrorCode::kIo, "broken").field().empty());
}

}  // namespace
}  // namespace refrain
