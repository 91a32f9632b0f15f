#include "refrain/http/status.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace refrain::http {
namespace {

TEST(Status, OfEveryErrorCodeIsAnErrorStatusWithALineOfItsOwn) {
  for (const ErrorCode code : kAllErrorCodes) {
    const unsigned status = status_of(code);

    EXPECT_GE(status, 400U) << to_string(code);
    EXPECT_LT(status, 600U) << to_string(code);
    EXPECT_TRUE(status_line(status).starts_with("HTTP/1.1 " + std::to_string(status) + " "))
        << to_string(code);
  }
}

TEST(Status, SaysWhatTheCallerCanDo) {
  EXPECT_EQ(status_of(ErrorCode::kInvalidArgument), 400U);
  EXPECT_EQ(status_of(ErrorCode::kUnprocessable), 422U);
  EXPECT_EQ(status_of(ErrorCode::kTooLarge), 413U);
  EXPECT_EQ(status_of(ErrorCode::kTimeout), 504U);
  EXPECT_EQ(status_of(ErrorCode::kUnavailable), 503U);
  EXPECT_EQ(status_of(ErrorCode::kCancelled), 503U);
  EXPECT_EQ(status_of(ErrorCode::kCorrupt), 500U);
  EXPECT_EQ(status_of(ErrorCode::kIo), 500U);
  EXPECT_EQ(status_of(ErrorCode::kInternal), 500U);
}

TEST(Status, HasALineForEveryStatusThatTheServicesUse) {
  std::set<std::string, std::less<>> lines;
  const auto statuses = {200U, 202U, 204U, 304U, 400U, 401U, 403U, 404U, 405U, 408U,
                         411U, 413U, 415U, 422U, 429U, 431U, 500U, 503U, 504U, 505U};

  for (const unsigned status : statuses) {
    const std::string_view line = status_line(status);

    EXPECT_TRUE(line.starts_with("HTTP/1.1 " + std::to_string(status) + " ")) << line;
    EXPECT_TRUE(line.ends_with("\r\n")) << line;
    lines.emplace(line);
  }
  EXPECT_EQ(lines.size(), statuses.size());
}

TEST(Status, ThatIsUnknownIsAnInternalError) {
  EXPECT_EQ(status_line(0), "HTTP/1.1 500 Internal Server Error\r\n");
  EXPECT_EQ(status_line(299), "HTTP/1.1 500 Internal Server Error\r\n");
}

}  // namespace
}  // namespace refrain::http
