#pragma once

/// @file
/// A sticker generator that does what a test tells it, and counts.

#include "refrain/models/sticker/sticker_generator.h"

#include "support/gate.h"
#include "support/manual_clock.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace refrain::testing {

/// The picture of a prompt is the prompt with zero bytes around it, after two seconds of the manual
/// clock.
class CountingGenerator final : public StickerGenerator {
public:
  explicit CountingGenerator(ManualClock& clock) : clock_(clock) {}

  static std::string picture_of(const std::string& prompt) {
    return std::string(1, '\0') + prompt + std::string(2, '\0') + "\xff";
  }

  Task<Result<Sticker>> generate(StickerRequest request) override {
    ++calls;
    co_await gate.pass();
    clock_.advance(std::chrono::seconds(2));
    if (failure) co_return fail(*failure);
    co_return Sticker(picture_of(request.prompt), request.format);
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
