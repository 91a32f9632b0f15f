#include "refrain/models/text/slow_predictor.h"

#include "support/run.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace refrain {
namespace {

using namespace std::chrono_literals;

class EchoPredictor final : public Predictor {
public:
  Task<Result<std::vector<Prediction>>> predict(PredictionRequest request) override {
    std::vector<Prediction> predictions;
    predictions.emplace_back(request.text() + " again", std::vector<std::string>{"again"}, -1.0);
    co_return predictions;
  }
  [[nodiscard]] std::string_view model() const override { return "echo"; }
  [[nodiscard]] std::string_view model_version() const override { return "7"; }
};

std::unique_ptr<SlowPredictor> slow_echo(const SlowPredictor::Config& config) {
  return std::make_unique<SlowPredictor>(std::make_unique<EchoPredictor>(), config);
}

TEST(SlowPredictor, TakesTheMissionsTimeByDefault) {
  const SlowPredictor::Config config;

  EXPECT_EQ(config.min_delay, 700ms);
  EXPECT_EQ(config.max_delay, 900ms);
}

TEST(SlowPredictor, AnswersAsTheOtherPredictorAfterTheDelay) {
  const auto predictor = slow_echo({.min_delay = 20ms, .max_delay = 30ms, .seed = 1});
  const auto begin = std::chrono::steady_clock::now();

  const auto predictions = testing::run(predictor->predict(PredictionRequest("once")));

  EXPECT_GE(std::chrono::steady_clock::now() - begin, 20ms);
  ASSERT_TRUE(predictions.has_value());
  EXPECT_EQ(predictions->front().text, "once again");
}

TEST(SlowPredictor, HasTheModelOfTheOtherPredictor) {
  const auto predictor = slow_echo({});

  EXPECT_EQ(predictor->model(), "echo");
  EXPECT_EQ(predictor->model_version(), "7");
}

TEST(SlowPredictor, DrawsEveryDelayBetweenItsLimits) {
  const auto predictor = slow_echo({.min_delay = 700ms, .max_delay = 900ms, .seed = 2});
  std::chrono::microseconds shortest = 1s;
  std::chrono::microseconds longest = 0s;

  for (int i = 0; i < 1000; ++i) {
    const auto delay = predictor->draw_delay();
    shortest = std::min(shortest, delay);
    longest = std::max(longest, delay);
  }

  EXPECT_GE(shortest, 700ms);
  EXPECT_LT(shortest, 710ms);
  EXPECT_LE(longest, 900ms);
  EXPECT_GT(longest, 890ms);
}

TEST(SlowPredictor, RepeatsItsDelaysForASeed) {
  const auto first = slow_echo({.min_delay = 0ms, .max_delay = 900ms, .seed = 3});
  const auto second = slow_echo({.min_delay = 0ms, .max_delay = 900ms, .seed = 3});
  const auto other = slow_echo({.min_delay = 0ms, .max_delay = 900ms, .seed = 4});

  const auto delay = first->draw_delay();

  EXPECT_EQ(delay, second->draw_delay());
  EXPECT_NE(delay, other->draw_delay());
}

}  // namespace
}  // namespace refrain
