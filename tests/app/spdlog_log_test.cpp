#include "refrain/app/spdlog_log.h"

#include "app/captured.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace refrain::app {
namespace {

/// What a log of this level and format writes of one record at each level.
std::string written(const std::string& level, const std::string& format) {
  return testing::captured([&] {
           SpdlogLog log(level, format);
           log.write(LogLevel::kDebug, "first {} %v", {});
           log.write(LogLevel::kInfo, "second", {LogField("word", "plain")});
           log.write(LogLevel::kWarning, "third", {LogField("odd", "a \"b\"\n=c\\ \x01")});
           log.write(LogLevel::kError, "fourth", {LogField("empty", "")});
           return 0;
         })
      .err;
}

std::size_t lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(SpdlogLog, WritesOneJsonObjectALine) {
  std::string text = written("debug", "json");
  ASSERT_EQ(lines(text), 4U) << text;

  const char* levels[] = {"debug", "info", "warning", "error"};
  const char* messages[] = {"first {} %v", "second", "third", "fourth"};
  for (int i = 0; i < 4; ++i) {
    const std::string line = text.substr(0, text.find('\n'));
    text.erase(0, line.size() + 1);
    const boost::json::value record = boost::json::parse(line);
    EXPECT_EQ(record.at("level").as_string(), levels[i]);
    EXPECT_EQ(record.at("message").as_string(), messages[i]);
    EXPECT_EQ(record.at("time").as_string().size(),
              std::string("2026-01-02T03:04:05.678+00:00").size())
        << line;
    if (i == 1) EXPECT_EQ(record.at("word").as_string(), "plain");
    if (i == 2) EXPECT_EQ(record.at("odd").as_string(), "a \"b\"\n=c\\ \x01");
    if (i == 3) EXPECT_EQ(record.at("empty").as_string(), "");
  }
}

TEST(SpdlogLog, WritesOneLineOfTextWithQuotesWhereTheyAreNeeded) {
  const std::string text = written("debug", "text");

  EXPECT_EQ(lines(text), 4U);
  EXPECT_NE(text.find("first {} %v\n"), std::string::npos);
  EXPECT_NE(text.find("second word=plain\n"), std::string::npos);
  EXPECT_NE(text.find(R"(third odd="a \"b\"\n=c\\ \u0001")"), std::string::npos) << text;
  EXPECT_NE(text.find("fourth empty=\"\"\n"), std::string::npos);
}

TEST(SpdlogLog, LeavesOutWhatIsBelowItsLevel) {
  EXPECT_EQ(lines(written("debug", "text")), 4U);
  EXPECT_EQ(lines(written("info", "text")), 3U);
  EXPECT_EQ(lines(written("warning", "json")), 2U);
  EXPECT_EQ(lines(written("error", "json")), 1U);
  EXPECT_EQ(lines(written("off", "text")), 0U);
}

}  // namespace
}  // namespace refrain::app
