#include "support/http_client.h"
#include "support/service_process.h"
#include "support/temp_dir.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace refrain {
namespace {

using ::testing::HasSubstr;
using testing::HttpReply;
using testing::ServiceProcess;
using testing::TempDir;

class MemoryLimits : public ::testing::Test {
protected:
  [[nodiscard]] std::uint16_t port() const { return service_.text_port(); }

  [[nodiscard]] HttpReply predict(int number) const {
    const std::string body = R"({"text":"thank )" + std::to_string(number) + R"("})";
    return testing::send_json(port(), "POST", "/v1/predictions", body);
  }
  [[nodiscard]] HttpReply set_limits(const std::string& body) const {
    return testing::send_json(port(), "POST", "/v1/cache/limits", body);
  }
  [[nodiscard]] boost::json::object memory() const {
    return testing::tier_status(port(), "memory");
  }

private:
  const TempDir folder_;
  const ServiceProcess service_{{"text", "--no-redis", "--text-memory-policy", "adaptive"},
                                folder_.path().string()};
};

TEST_F(MemoryLimits, AreFollowedByARunningServiceAndHitsGoOn) {
  for (int i = 0; i < 20; ++i)
    ASSERT_EQ(predict(i).status, 200U);

  const HttpReply smaller = set_limits(R"({"max_items": 5})");

  EXPECT_EQ(smaller.status, 200U);
  EXPECT_EQ(memory().at("items").as_int64(), 5);
  EXPECT_EQ(memory().at("max_items").as_int64(), 5);
  EXPECT_EQ(memory().at("removals").at("capacity").as_int64(), 15);
  EXPECT_EQ(set_limits(R"({"max_items": 50})").status, 200U);
  for (int i = 0; i < 20; ++i)
    ASSERT_EQ(predict(i).status, 200U);
  EXPECT_EQ(memory().at("items").as_int64(), 20);
  EXPECT_THAT(std::string(predict(3).header("Cache-Status")), HasSubstr("hit"));
}

TEST_F(MemoryLimits, AreRefusedWithAReasonAndStayAsTheyAre) {
  EXPECT_EQ(set_limits(R"({"max_items": -1})").status, 422U);
  EXPECT_EQ(set_limits(R"({"ttl": 3})").status, 400U);
  EXPECT_EQ(set_limits("[]").status, 400U);

  EXPECT_EQ(memory().at("max_items").as_int64(), 1000);
}

TEST_F(MemoryLimits, AreForecastBesideThePolicyThatRuns) {
  for (int round = 0; round < 3; ++round)
    for (int i = 0; i < 50; ++i)
      ASSERT_EQ(predict(i).status, 200U);

  const boost::json::object status = memory();

  EXPECT_EQ(status.at("policy").as_string(), "adaptive");
  EXPECT_EQ(status.at("forecast").as_array().size(), 4U);
  // Everything fits in any of the sizes: two of three rounds hit.
  for (const boost::json::value& size : status.at("forecast").as_array())
    EXPECT_NEAR(size.at("hit_ratio").as_double(), 2.0 / 3, 0.05);
  EXPECT_THAT(
      testing::get(port(), "/metrics").body,
      HasSubstr(R"(refrain_tier_forecast_hit_ratio{service="text",scale="2",tier="memory"})"));
}

}  // namespace
}  // namespace refrain
