#include "refrain/simulator/ratio_table.h"

#include "simulator/sample_result.h"

#include <gtest/gtest.h>

namespace refrain {
namespace {

using testing::sample_result;

TEST(RatioTable, AlignsItsColumnsAndMarksTheBestUnlessAllAreAlike) {
  EXPECT_EQ(ratio_table(sample_result(), Metric::kHits),
            "hits, percent of 1,000 requests\n"
            " size     belady         lru        cost\n"
            "  100      30.00       12.00       25.00*\n"
            "2,000      40.00       40.00       40.00\n");
}

TEST(RatioTable, ShowsBytesAndSeconds) {
  SimulationResult result = sample_result();
  result.unit = CacheUnit::kBytes;

  EXPECT_EQ(ratio_table(result, Metric::kBytes),
            "bytes answered, percent of 500 kB\n"
            " size     belady         lru        cost\n"
            "100 B      60.00       24.00       50.00*\n"
            " 2 kB      80.00       80.00       80.00\n");
  EXPECT_EQ(ratio_table(result, Metric::kSeconds).substr(0, 54),
            "seconds of generation saved, percent of 2,000 s\n size ");
}

TEST(RatioTable, MarksWhatLooksLikeTheBest) {
  SimulationResult result = sample_result();
  result.policies.push_back(PolicyKind::kAdaptive);
  result.scores.push_back({testing::score_of(250), testing::score_of(10)});

  const std::string table = ratio_table(result, Metric::kHits);

  EXPECT_NE(table.find("12.00       25.00*      25.00*\n"), std::string::npos) << table;
  EXPECT_NE(table.find("40.00*      40.00*       1.00\n"), std::string::npos) << table;
}

TEST(RatioTable, NeedsNoPolicies) {
  SimulationResult result = sample_result();
  result.policies.clear();
  result.scores.clear();

  EXPECT_EQ(ratio_table(result, Metric::kHits),
            "hits, percent of 1,000 requests\n"
            " size     belady\n"
            "  100      30.00\n"
            "2,000      40.00\n");
}

TEST(RatioTable, SaysWhatTheTraceIs) {
  SimulationResult result = sample_result();
  EXPECT_EQ(trace_line(result), "sample: 1,000 requests for 400 keys");

  result.has_sizes = true;
  EXPECT_EQ(trace_line(result), "sample: 1,000 requests for 400 keys of 200 kB");
}

}  // namespace
}  // namespace refrain
