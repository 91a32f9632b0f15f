#include "refrain/core/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>

namespace refrain {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return fail(ErrorCode::kInvalidArgument, "odd", "number");
  return number / 2;
}

TEST(Result, HoldsAValueOrTheReasonThereIsNone) {
  const Result<int> value = half(8);
  const Result<int> error = half(7);

  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(*value, 4);
  ASSERT_FALSE(error.has_value());
  EXPECT_EQ(error.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(error.error().message(), "odd");
  EXPECT_EQ(error.error().field(), "number");
}

TEST(Result, HandsAnErrorOnUnchangedToAnotherType) {
  const Result<int> first = half(7);

  const Result<std::unique_ptr<int>> second = fail(first.error());

  EXPECT_EQ(second.error().field(), "number");
}

TEST(Result, HoldsWhatCanOnlyBeMoved) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(5);

  const std::unique_ptr<int> taken = std::move(*result);

  EXPECT_EQ(*taken, 5);
}

TEST(Result, AMissIsNoError) {
  const Result<std::optional<int>> miss = std::optional<int>();

  EXPECT_TRUE(miss.has_value());
  EXPECT_FALSE(miss->has_value());
}

TEST(Result, OfNothingIsDoneOrFailed) {
  const Result<void> done;
  const Result<void> failed = fail(ErrorCode::kIo, "no space");

  EXPECT_TRUE(done.has_value());
  EXPECT_FALSE(failed.has_value());
}

}  // namespace
}  // namespace refrain
