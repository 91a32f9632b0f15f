#include "refrain/app/start_error.h"

#include <gtest/gtest.h>

namespace refrain::app {
namespace {

TEST(StartError, NamesTheOptionInItsThreeSpellings) {
  const Error error = with_option(Error(ErrorCode::kInvalidArgument, "it is bad", "redis-url"));

  EXPECT_EQ(error.message(), "it is bad (--redis-url, REDIS_URL, redis.url)");
  EXPECT_EQ(error.field(), "redis-url");
  EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
}

TEST(StartError, SaysNothingTwiceAndNothingOfWhatIsNoOption) {
  EXPECT_EQ(with_option(Error(ErrorCode::kIo, "--redis-url is bad", "redis-url")).message(),
            "--redis-url is bad");
  EXPECT_EQ(with_option(Error(ErrorCode::kIo, "it is bad", "prompt")).message(), "it is bad");
  EXPECT_EQ(with_option(Error(ErrorCode::kIo, "it is bad")).message(), "it is bad");
}

TEST(StartError, IsTwoIfAnOptionIsToBlame) {
  EXPECT_EQ(exit_code_of(Error(ErrorCode::kInvalidArgument, "")), 2);
  EXPECT_EQ(exit_code_of(Error(ErrorCode::kIo, "")), 1);
  EXPECT_EQ(exit_code_of(Error(ErrorCode::kUnavailable, "")), 1);
}

}  // namespace
}  // namespace refrain::app
