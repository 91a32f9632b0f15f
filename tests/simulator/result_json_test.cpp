#include "refrain/simulator/result_json.h"

#include "simulator/sample_result.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <vector>

namespace refrain {
namespace {

namespace json = boost::json;

TEST(ResultJson, HasAnObjectForEveryTraceAndEveryPolicyAtEverySize) {
  const std::vector<SimulationResult> results{testing::sample_result(), testing::sample_result()};

  const json::value document = json::parse(result_json(results));

  const json::array& traces = document.at("traces").as_array();
  ASSERT_EQ(traces.size(), 2U);
  const json::value& trace = traces[1];
  EXPECT_EQ(trace.at("trace").as_string(), "sample");
  EXPECT_EQ(trace.at("requests").to_number<int>(), 1000);
  EXPECT_EQ(trace.at("keys").to_number<int>(), 400);
  EXPECT_EQ(trace.at("unit").as_string(), "items");
  const json::array& scores = trace.at("results").as_array();
  ASSERT_EQ(scores.size(), 6U);
  EXPECT_EQ(scores[0].at("policy").as_string(), "belady");
  EXPECT_EQ(scores[4].at("policy").as_string(), "cost");
  EXPECT_EQ(scores[4].at("size").to_number<int>(), 100);
  EXPECT_EQ(scores[4].at("hits").to_number<int>(), 250);
  EXPECT_DOUBLE_EQ(scores[4].at("hit_ratio").to_number<double>(), 0.25);
  EXPECT_DOUBLE_EQ(scores[4].at("byte_hit_ratio").to_number<double>(), 0.5);
  EXPECT_DOUBLE_EQ(scores[4].at("seconds_saved").to_number<double>(), 250);
  EXPECT_DOUBLE_EQ(scores[4].at("seconds_saved_ratio").to_number<double>(), 0.125);
}

TEST(ResultJson, IsValidWithoutATrace) {
  EXPECT_TRUE(json::parse(result_json({})).at("traces").as_array().empty());
}

}  // namespace
}  // namespace refrain
