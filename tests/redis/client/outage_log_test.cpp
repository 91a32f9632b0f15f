#include "refrain/redis/client/outage_log.h"

#include "support/log_spy.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace refrain {
namespace {

using std::chrono::milliseconds;

class OutageLogTest : public ::testing::Test {
protected:
  void away(const std::string& reason) { outages_.report_away(reason, now_); }
  void back() { outages_.report_back("server:6379"); }

  /// The value of each line: a reason, or a server.
  [[nodiscard]] std::vector<std::string> said() const {
    std::vector<std::string> values;
    for (const auto& record : log_.records())
      values.push_back(record.fields.at(0).value());
    return values;
  }

  using Lines = std::vector<std::string>;

  testing::LogSpy log_;
  OutageLog outages_{log_};
  SteadyTime now_ = SteadyTime() + std::chrono::hours(1);
};

TEST_F(OutageLogTest, SaysAReasonOnceHoweverManyMeetIt) {
  for (int i = 0; i < 100; ++i) {
    away("refused");
    now_ += std::chrono::minutes(1);
  }

  EXPECT_EQ(said(), Lines{"refused"});
  EXPECT_EQ(log_.count(LogLevel::kWarning), 1U);
}

TEST_F(OutageLogTest, SaysAnotherReasonAtOnce) {
  away("closed");
  away("closed");
  now_ += milliseconds(50);
  away("WRONGPASS");
  away("WRONGPASS");

  EXPECT_EQ(said(), (Lines{"closed", "WRONGPASS"}));
}

TEST_F(OutageLogTest, SaysOnceThatTheServerIsThereAndAgainAfterEachOutageThatWasSaid) {
  back();
  back();
  away("closed");
  back();
  back();

  EXPECT_EQ(said(), (Lines{"server:6379", "closed", "server:6379"}));
  EXPECT_EQ(log_.count(LogLevel::kInfo), 2U);
  now_ += std::chrono::minutes(1);
  away("closed");
  EXPECT_EQ(said().back(), "closed") << "the same reason of another outage";
}

TEST_F(OutageLogTest, SaysNoReasonAgainWhileConnectionsAreAtDifferentSteps) {
  for (int i = 0; i < 10; ++i) {
    away("closed");
    away("refused");
  }
  EXPECT_EQ(said(), (Lines{"closed", "refused"}));

  now_ += OutageLog::kInterval;
  away("refused");
  EXPECT_EQ(said().size(), 2U) << "it is still the same";
  away("closed");
  EXPECT_EQ(said().back(), "closed");
}

TEST_F(OutageLogTest, IsBoundedWhenTheServerComesAndGoes) {
  for (int i = 0; i < 1000; ++i) {
    away("closed");
    back();
    now_ += milliseconds(1);
  }

  EXPECT_EQ(said(), (Lines{"closed", "server:6379"}));
}

TEST_F(OutageLogTest, IsBoundedWhenEachReasonIsAnotherAndCatchesUp) {
  for (int i = 0; i < 1000; ++i)
    away("reason " + std::to_string(i));
  EXPECT_EQ(said().size(), OutageLog::kMaxReasons);

  now_ += OutageLog::kInterval;
  away("the last");

  EXPECT_EQ(said().back(), "the last");
}

}  // namespace
}  // namespace refrain
