#include "refrain/core/log.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace refrain {
namespace {

class RecordingLog final : public Log {
public:
  void write(LogLevel level,
             std::string_view message,
             std::initializer_list<LogField> fields) override {
    std::string line = level == LogLevel::kWarning ? "warning: " : "other: ";
    line += message;
    for (const LogField& field : fields)
      line += " " + std::string(field.name()) + "=" + field.value();
    lines.push_back(line);
  }

  std::vector<std::string> lines;
};

TEST(Log, HandsTheSinkLevelMessageAndFieldsInOrder) {
  RecordingLog log;
  Log& sink = log;

  sink.write(LogLevel::kWarning, "away", {LogField("tier", "redis"), LogField("error", "refused")});

  EXPECT_EQ(log.lines, std::vector<std::string>{"warning: away tier=redis error=refused"});
}

TEST(NullLog, TakesAnythingAndKeepsNothing) {
  NullLog log;
  Log& sink = log;

  EXPECT_NO_THROW(sink.write(LogLevel::kError, "dropped", {LogField("what", "boom")}));
}

}  // namespace
}  // namespace refrain
