#pragma once

/// @file
/// A predictor that does what a test tells it, and counts.

#include "refrain/models/text/predictor.h"

#include "support/gate.h"
#include "support/manual_clock.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace refrain::testing {

/// Continues every text with `w1 w2 …`, after 800 ms of the manual clock.
class CountingPredictor final : public Predictor {
public:
  explicit CountingPredictor(ManualClock& clock) : clock_(clock) {}

  Task<Result<std::vector<Prediction>>> predict(PredictionRequest request) override {
    ++calls;
    co_await gate.pass();
    clock_.advance(std::chrono::milliseconds(800));
    if (failure) co_return fail(*failure);
    std::vector<Prediction> predictions;
    for (std::size_t i = 0; i < request.count(); ++i) {
      std::vector<std::string> words;
      std::string text = request.text();
      for (std::size_t j = 0; j < request.words(); ++j) {
        words.push_back("w" + std::to_string(i * 10 + j));
        text += " " + words.back();
      }
      predictions.emplace_back(std::move(text), std::move(words), -0.5);
    }
    co_return predictions;
  }

  [[nodiscard]] std::string_view model() const override { return name; }
  [[nodiscard]] std::string_view model_version() const override { return version; }

  int calls = 0;
  Gate gate;
  std::optional<Error> failure;
  std::string name = "counting";
  std::string version = "1";

private:
  ManualClock& clock_;
};

}  // namespace refrain::testing
