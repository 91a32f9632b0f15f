#pragma once

/// @file
/// Blocking work on a thread pool, waited for no longer than a time budget.

#include "refrain/core/task.h"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace refrain {

/// Like `offload`, but goes on after `budget` with nothing: then `work` runs to its end all the
/// same, and what it returns is thrown away. What `work` refers to must outlive it, not only the
/// await.
template <class Work>
Task<std::optional<std::invoke_result_t<Work&>>> offload_within(boost::asio::thread_pool& pool,
                                                                std::chrono::milliseconds budget,
                                                                Work work) {
  using Value = std::invoke_result_t<Work&>;
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        Executor>;
  struct Waiting {
    explicit Waiting(const Executor& executor) : timer(executor) {}
    Timer timer;
    std::optional<Value> value;
    std::exception_ptr failure;
  };
  const Executor executor = co_await boost::asio::this_coro::executor;
  auto waiting = std::make_shared<Waiting>(executor);
  waiting->timer.expires_after(budget);
  auto guard = boost::asio::make_work_guard(executor);
  auto job = [waiting, executor, guard = std::move(guard), work = std::move(work)]() mutable {
    std::optional<Value> value;
    std::exception_ptr failure;
    try {
      value.emplace(work());
    } catch (...) {
      failure = std::current_exception();
    }
    auto answer = [waiting = std::move(waiting),
                   guard = std::move(guard),
                   value = std::move(value),
                   failure]() mutable {
      waiting->value = std::move(value);
      waiting->failure = failure;
      waiting->timer.cancel();
    };
    boost::asio::post(executor, std::move(answer));
  };
  boost::asio::post(pool, std::move(job));
  // Runs on the loop's own thread: the answer cannot come between here and the wait.
  static_cast<void>(co_await waiting->timer.async_wait(kAsTuple));
  if (waiting->failure) std::rethrow_exception(waiting->failure);
  co_return std::move(waiting->value);
}

}  // namespace refrain
