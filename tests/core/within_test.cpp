#include "refrain/core/within.h"

#include "support/gate.h"
#include "support/run.h"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace refrain {
namespace {

using std::chrono::milliseconds;
using testing::Gate;
using testing::run;

constexpr milliseconds kAmple{60'000};
constexpr milliseconds kShort{2};

class Within : public ::testing::Test {
protected:
  /// A value that can be moved only, once the gate is open.
  Task<std::unique_ptr<std::string>> make() {
    co_await gate_.pass();
    co_return std::make_unique<std::string>("made");
  }

  Task<std::unique_ptr<std::string>> fail() {
    co_await gate_.pass();
    throw std::runtime_error("no");
  }

  Task<void> keep(std::unique_ptr<std::string> value) {
    late_ = *value;
    co_return;
  }

  auto keep_late() {
    return [this](std::unique_ptr<std::string> value) {
      return keep(std::move(value));
    };
  }

  Gate gate_;
  std::string late_;
  boost::asio::io_context loop_{1};
};

TEST_F(Within, GivesBackWhatComesInTime) {
  const auto made = run(loop_, within(kAmple, make(), keep_late()));

  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(**made, "made");
  EXPECT_EQ(late_, "");
}

TEST_F(Within, GoesOnWithoutWhatIsLateAndHandsItOnWhenItComes) {
  gate_.close();

  const auto made = run(loop_, within(kShort, make(), keep_late()));

  EXPECT_FALSE(made.has_value());
  EXPECT_EQ(late_, "");
  gate_.open();
  loop_.restart();
  loop_.run();
  EXPECT_EQ(late_, "made");
}

TEST_F(Within, ThrowsOnWhatIsThrownInTime) {
  EXPECT_THROW(run(loop_, within(kAmple, fail(), keep_late())), std::runtime_error);
}

TEST_F(Within, LosesWhatIsThrownLate) {
  gate_.close();
  EXPECT_FALSE(run(loop_, within(kShort, fail(), keep_late())).has_value());
  gate_.open();
  loop_.restart();

  EXPECT_NO_THROW(loop_.run());

  EXPECT_EQ(late_, "");
}

TEST_F(Within, LeavesNothingBehindWhenTheLoopIsDestroyedFirst) {
  gate_.close();
  auto loop = std::make_unique<boost::asio::io_context>(1);
  EXPECT_FALSE(run(*loop, within(kShort, make(), keep_late())).has_value());

  loop.reset();

  EXPECT_EQ(late_, "");
}

}  // namespace
}  // namespace refrain
