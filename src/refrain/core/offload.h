#pragma once

/// @file
/// Runs blocking work on a thread pool while a coroutine waits on its own loop.

#include "refrain/core/task.h"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace refrain {

/// Runs `work()` on `pool` and resumes the caller, on the caller's own loop, with what it returned.
/// An exception from `work` is rethrown in the caller. What `work` refers to outlives the await; it
/// cannot be cancelled once it has begun. Join the pool before the loop is destroyed: the thread
/// that posts the answer may still be inside the loop when the caller already has it.
///
/// A capturing lambda is named before it is given: `auto work = [&]{…};
/// auto value = co_await offload(pool, std::move(work));`
template <class Work>
Task<std::invoke_result_t<Work&>> offload(boost::asio::thread_pool& pool, Work work) {
  using Value = std::invoke_result_t<Work&>;
  auto initiate = [&pool](auto handler, Work job) {
    auto executor = boost::asio::get_associated_executor(handler);
    auto guard = boost::asio::make_work_guard(executor);
    boost::asio::post(pool,
                      [handler = std::move(handler),
                       executor,
                       guard = std::move(guard),
                       job = std::move(job)]() mutable {
                        std::exception_ptr failure;
                        std::optional<Value> value;
                        try {
                          value.emplace(job());
                        } catch (...) {
                          failure = std::current_exception();
                        }
                        // Moved, never copied: a guard or a handler left here would touch the loop
                        // long after it has answered, and a caller's frame from this thread.
                        boost::asio::post(executor,
                                          [handler = std::move(handler),
                                           guard = std::move(guard),
                                           failure,
                                           value = std::move(value)]() mutable {
                                            handler(failure, std::move(value));
                                          });
                      });
  };
  std::optional<Value> value =
      co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<Executor>,
                                           void(std::exception_ptr, std::optional<Value>)>(
          initiate, kUseTask, std::move(work));
  co_return std::move(*value);
}

}  // namespace refrain
