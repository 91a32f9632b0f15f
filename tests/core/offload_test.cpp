#include "refrain/core/offload.h"

#include "support/run.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <gtest/gtest.h>

#include <latch>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace refrain {
namespace {

using testing::run;

Task<std::thread::id> thread_after_offload(boost::asio::thread_pool& pool) {
  auto work = [] {
    return 1;
  };
  co_await offload(pool, std::move(work));
  co_return std::this_thread::get_id();
}

struct Moments {
  std::latch answer_is_posted{1};
  std::latch loop_is_gone{1};
};

/// Work that, when it is destroyed on the pool, first waits until the loop it answered is gone.
class LingeringWork {
public:
  explicit LingeringWork(std::shared_ptr<Moments> moments) : moments_(std::move(moments)) {}
  LingeringWork(LingeringWork&& other) noexcept = default;
  LingeringWork(const LingeringWork&) = delete;
  LingeringWork& operator=(const LingeringWork&) = delete;
  ~LingeringWork() {
    if (!moments_ || !has_run_) return;
    moments_->answer_is_posted.count_down();
    moments_->loop_is_gone.wait();
  }

  int operator()() {
    has_run_ = true;
    return 7;
  }

private:
  std::shared_ptr<Moments> moments_;
  bool has_run_ = false;
};

TEST(Offload, RunsTheWorkOnThePool) {
  boost::asio::io_context loop(1);
  boost::asio::thread_pool pool(1);
  auto work = [] {
    return std::this_thread::get_id();
  };

  const std::thread::id worker = run(loop, offload(pool, std::move(work)));

  EXPECT_NE(worker, std::this_thread::get_id());
}

TEST(Offload, ResumesTheCallerOnItsOwnLoop) {
  boost::asio::io_context loop(1);
  boost::asio::thread_pool pool(1);

  EXPECT_EQ(run(loop, thread_after_offload(pool)), std::this_thread::get_id());
}

TEST(Offload, GivesBackWhatTheWorkReturned) {
  boost::asio::io_context loop(1);
  boost::asio::thread_pool pool(1);
  auto work = [] {
    return std::make_unique<std::string>("made elsewhere");
  };

  const std::unique_ptr<std::string> made = run(loop, offload(pool, std::move(work)));

  EXPECT_EQ(*made, "made elsewhere");
}

TEST(Offload, RethrowsTheWorksExceptionInTheCaller) {
  boost::asio::io_context loop(1);
  boost::asio::thread_pool pool(1);
  auto work = []() -> int {
    throw std::runtime_error("no");
  };

  EXPECT_THROW(run(loop, offload(pool, std::move(work))), std::runtime_error);
}

TEST(Offload, KeepsTheLoopTurningUntilTheWorkIsDone) {
  boost::asio::io_context loop(1);
  boost::asio::thread_pool pool(1);
  std::latch may_finish(1);
  auto work = [&may_finish] {
    may_finish.wait();
    return 3;
  };
  std::optional<int> value;
  auto on_done = [&value](const std::exception_ptr&, int result) {
    value = result;
  };
  boost::asio::co_spawn(loop.get_executor(), offload(pool, std::move(work)), on_done);

  loop.poll();
  ASSERT_FALSE(value.has_value());
  ASSERT_FALSE(loop.stopped());
  may_finish.count_down();
  loop.run();

  EXPECT_EQ(value, 3);
}

TEST(Offload, KeepsNothingOfTheLoopOnceTheAnswerIsPosted) {
  boost::asio::thread_pool pool(1);
  const auto moments = std::make_shared<Moments>();
  auto loop = std::make_unique<boost::asio::io_context>(1);

  const int value = run(*loop, offload(pool, LingeringWork(moments)));
  moments->answer_is_posted.wait();
  loop.reset();
  moments->loop_is_gone.count_down();
  pool.join();

  EXPECT_EQ(value, 7);
}

}  // namespace
}  // namespace refrain
