#pragma once

/// @file
/// Drives a coroutine to its end from a plain function, so that tests stay plain functions
/// (GoogleTest's ASSERT_* use `return` and do not compile in a coroutine).

#include "refrain/core/task.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace refrain::testing {

/// Puts what `task` returns into `result`, which lives until then. (`co_spawn` itself would ask of
/// T that it can be made of nothing.)
template <class T>
Task<void> keep_result(Task<T> task, std::shared_ptr<std::optional<T>> result) {
  result->emplace(co_await std::move(task));
}

/// Runs `loop` until `task` is done. Throws what it threw, and if the loop runs out of work first.
inline void run(boost::asio::io_context& loop, Task<void> task) {
  bool is_done = false;
  std::exception_ptr failure;
  auto on_done = [&](std::exception_ptr error) {
    failure = error;
    is_done = true;
  };
  boost::asio::co_spawn(loop.get_executor(), std::move(task), on_done);
  loop.restart();
  while (!is_done && loop.run_one() > 0) {
  }
  if (failure) std::rethrow_exception(failure);
  if (!is_done) throw std::logic_error("the event loop ran out of work before the task ended");
}

/// The same for a task with a value, which it returns.
template <class T>
T run(boost::asio::io_context& loop, Task<T> task) {
  auto result = std::make_shared<std::optional<T>>();
  run(loop, keep_result(std::move(task), result));
  return std::move(**result);
}

/// The same on a loop of its own, for tasks that need no particular one.
template <class T>
T run(Task<T> task) {
  boost::asio::io_context loop(1);
  return run(loop, std::move(task));
}

}  // namespace refrain::testing
