#include "refrain/core/offload_within.h"

#include "support/run.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <latch>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace refrain {
namespace {

using std::chrono::milliseconds;
using testing::run;

constexpr milliseconds kAmple{60'000};
constexpr milliseconds kShort{2};

Task<std::thread::id> thread_after(boost::asio::thread_pool& pool, milliseconds budget) {
  auto work = [] {
    return 1;
  };
  co_await offload_within(pool, budget, std::move(work));
  co_return std::this_thread::get_id();
}

class OffloadWithin : public ::testing::Test {
protected:
  // The pool's threads may still be leaving the loop when a task is done: the loop goes last.
  boost::asio::io_context loop_{1};
  boost::asio::thread_pool pool_{1};
};

TEST_F(OffloadWithin, GivesBackWhatTheWorkReturnedInTime) {
  auto work = [] {
    return std::make_unique<std::string>("made elsewhere");
  };

  const std::optional<std::unique_ptr<std::string>> made =
      run(loop_, offload_within(pool_, kAmple, std::move(work)));

  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(**made, "made elsewhere");
}

TEST_F(OffloadWithin, RunsTheWorkOnThePoolAndResumesOnTheLoop) {
  auto work = [] {
    return std::this_thread::get_id();
  };

  EXPECT_NE(run(loop_, offload_within(pool_, kAmple, std::move(work))),
            std::optional(std::this_thread::get_id()));
  EXPECT_EQ(run(loop_, thread_after(pool_, kAmple)), std::this_thread::get_id());
}

TEST_F(OffloadWithin, GoesOnWithNothingWhenTheWorkIsTooLate) {
  std::latch may_finish(1);
  bool is_finished = false;
  auto work = [&] {
    may_finish.wait();
    is_finished = true;
    return 3;
  };

  EXPECT_EQ(run(loop_, offload_within(pool_, kShort, std::move(work))), std::nullopt);

  may_finish.count_down();
  pool_.join();
  EXPECT_TRUE(is_finished) << "it runs to its end all the same";
}

TEST_F(OffloadWithin, ResumesOnItsLoopWhenTheWorkIsTooLate) {
  std::latch may_finish(1);
  boost::asio::post(pool_, [&] { may_finish.wait(); });

  EXPECT_EQ(run(loop_, thread_after(pool_, kShort)), std::this_thread::get_id());

  may_finish.count_down();
  pool_.join();  // the latch is in use until then
}

TEST_F(OffloadWithin, RethrowsTheWorksExceptionInTheCaller) {
  auto work = []() -> int {
    throw std::runtime_error("no");
  };

  EXPECT_THROW(run(loop_, offload_within(pool_, kAmple, std::move(work))), std::runtime_error);
}

TEST_F(OffloadWithin, AnExceptionThatComesTooLateIsNobodys) {
  std::latch may_finish(1);
  auto work = [&]() -> int {
    may_finish.wait();
    throw std::runtime_error("no");
  };

  EXPECT_EQ(run(loop_, offload_within(pool_, kShort, std::move(work))), std::nullopt);

  may_finish.count_down();
  pool_.join();
  loop_.restart();
  EXPECT_NO_THROW(loop_.run());
}

TEST_F(OffloadWithin, ManyWaitAtOnceAndEachGetsItsOwn) {
  std::array<std::optional<int>, 20> values;
  for (int i = 0; i < 20; ++i) {
    auto work = [i] {
      return i;
    };
    auto keep = [&values, i](const std::exception_ptr&, std::optional<int> value) {
      values[static_cast<std::size_t>(i)] = value;
    };
    boost::asio::co_spawn(
        loop_.get_executor(), offload_within(pool_, kAmple, std::move(work)), std::move(keep));
  }

  loop_.run();

  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(values[static_cast<std::size_t>(i)], i);
}

}  // namespace
}  // namespace refrain
