#pragma once

/// @file
/// Where coroutines wait until a test lets them go on.

#include "refrain/core/mutex.h"
#include "refrain/core/task.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <memory>
#include <semaphore>
#include <stdexcept>
#include <utility>
#include <vector>

namespace refrain::testing {

/// Thread safety: any. It outlives the coroutines that wait.
class Gate {
public:
  /// Goes on once the gate has been opened.
  Task<void> pass() {
    const Executor executor = co_await boost::asio::this_coro::executor;
    const auto bell = std::make_shared<Timer>(executor, Timer::time_point::max());
    if (!add(bell)) co_return;
    arrived_.release();
    co_await bell->async_wait(kAsTuple);
  }

  /// Waits until one more coroutine stands at the gate.
  void wait_for_arrival() {
    if (!arrived_.try_acquire_for(std::chrono::seconds(10)))
      throw std::runtime_error("nobody came to the gate");
  }

  /// Lets everybody pass, now and later.
  void open() {
    std::vector<std::shared_ptr<Timer>> bells;
    {
      const MutexLock lock(mutex_);
      is_open_ = true;
      bells.swap(bells_);
    }
    for (const auto& bell : bells)
      boost::asio::post(bell->get_executor(), [bell] { bell->cancel(); });
  }

private:
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        Executor>;

  bool add(const std::shared_ptr<Timer>& bell) {
    const MutexLock lock(mutex_);
    if (!is_open_) bells_.push_back(bell);
    return !is_open_;
  }

  Mutex mutex_;
  bool is_open_ REFRAIN_GUARDED_BY(mutex_) = false;
  std::vector<std::shared_ptr<Timer>> bells_ REFRAIN_GUARDED_BY(mutex_);
  std::counting_semaphore<> arrived_{0};
};

}  // namespace refrain::testing
