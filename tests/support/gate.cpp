#include "support/gate.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <utility>

namespace refrain::testing {
namespace {

using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                boost::asio::wait_traits<std::chrono::steady_clock>,
                                                Executor>;

}  // namespace

/// The timer belongs to the waiting coroutine: it dies with its loop, whoever still knows the
/// sleeper.
struct Gate::Sleeper {
  explicit Sleeper(Executor loop) : executor(loop) {}

  Executor executor;
  Timer* timer = nullptr;  // touched on the executor's thread only
};

Task<void> Gate::pass() {
  const Executor executor = co_await boost::asio::this_coro::executor;
  const auto sleeper = std::make_shared<Sleeper>(executor);
  if (!must_wait(sleeper)) co_return;
  Timer timer(executor, Timer::time_point::max());
  sleeper->timer = &timer;
  co_await timer.async_wait(kAsTuple);
  sleeper->timer = nullptr;
}

bool Gate::must_wait(const std::shared_ptr<Sleeper>& sleeper) {
  const MutexLock lock(mutex_);
  if (!is_open_) sleepers_.push_back(sleeper);
  return !is_open_;
}

void Gate::close() {
  const MutexLock lock(mutex_);
  is_open_ = false;
}

void Gate::open() {
  std::vector<std::shared_ptr<Sleeper>> woken;
  {
    const MutexLock lock(mutex_);
    is_open_ = true;
    woken = std::exchange(sleepers_, {});
  }
  for (const auto& sleeper : woken) {
    // Posted, so that it comes after the coroutine has begun to wait.
    boost::asio::post(sleeper->executor, [sleeper] {
      if (sleeper->timer != nullptr) sleeper->timer->cancel();
    });
  }
}

std::size_t Gate::waiting() const {
  const MutexLock lock(mutex_);
  return sleepers_.size();
}

}  // namespace refrain::testing
