#include "refrain/disk/corruption_tally.h"

#include "support/log_spy.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace refrain {
namespace {

using testing::LogSpy;

class Listener final : public CorruptionReporter {
public:
  void report(const Corruption& found) override { heard.push_back(found); }

  std::vector<Corruption> heard;
};

Corruption sample(Corruption::Kind kind) {
  Corruption found;
  found.kind = kind;
  found.file = "INDEX";
  found.offset = 42;
  found.reason = "it rots";
  return found;
}

TEST(CorruptionTally, CountsByKind) {
  LogSpy log;
  CorruptionTally tally("/cache", log, nullptr);

  tally.report(sample(Corruption::Kind::kIndex));
  tally.report(sample(Corruption::Kind::kPayload));
  tally.report(sample(Corruption::Kind::kPayload));

  EXPECT_EQ(tally.counts(), (CorruptionCounts{0, 1, 0, 0, 2, 0}));
}

TEST(CorruptionTally, LogsWhereAndWhy) {
  LogSpy log;
  CorruptionTally tally("/cache", log, nullptr);

  tally.report(sample(Corruption::Kind::kIndex));

  ASSERT_EQ(log.records().size(), 1U);
  const LogSpy::Record record = log.records().front();
  EXPECT_EQ(record.level, LogLevel::kWarning);
  std::vector<std::string> values;
  for (const LogField& field : record.fields)
    values.push_back(field.value());
  EXPECT_EQ(values, (std::vector<std::string>{"/cache", "INDEX", "42", "index", "it rots"}));
}

TEST(CorruptionTally, LogsTheFirstHundredAndCountsAll) {
  LogSpy log;
  CorruptionTally tally("/cache", log, nullptr);

  for (int i = 0; i < 250; ++i)
    tally.report(sample(Corruption::Kind::kRecord));

  EXPECT_EQ(log.records().size(), 100U);
  EXPECT_EQ(tally.counts()[static_cast<std::size_t>(Corruption::Kind::kRecord)], 250);
}

TEST(CorruptionTally, PassesOnEveryOne) {
  LogSpy log;
  const auto listener = std::make_shared<Listener>();
  CorruptionTally tally("/cache", log, listener);

  for (int i = 0; i < 250; ++i)
    tally.report(sample(Corruption::Kind::kCut));

  ASSERT_EQ(listener->heard.size(), 250U);
  EXPECT_EQ(listener->heard.back().offset, 42U);
}

TEST(CorruptionTally, EveryKindHasAName) {
  std::set<std::string> names;
  for (std::size_t kind = 0; kind < Corruption::kKinds; ++kind)
    names.insert(std::string(to_string(static_cast<Corruption::Kind>(kind))));

  EXPECT_EQ(names, (std::set<std::string>{"meta", "index", "segment", "record", "payload", "cut"}));
}

}  // namespace
}  // namespace refrain
