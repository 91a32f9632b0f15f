#pragma once

/// @file
/// Drives a coroutine to its end from a plain function, so that tests stay plain functions
/// (GoogleTest's ASSERT_* use `return` and do not compile in a coroutine).

#include "refrain/core/task.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace refrain::testing {

/// Runs `loop` until `task` is done and returns its value. Throws if the loop runs out of work
/// first.
template <class T>
T run(boost::asio::io_context& loop, Task<T> task) {
  std::optional<T> result;
  std::exception_ptr failure;
  auto on_done = [&](std::exception_ptr error, T value) {
    failure = error;
    result.emplace(std::move(value));
  };
  boost::asio::co_spawn(loop.get_executor(), std::move(task), on_done);
  loop.restart();
  while (!result && loop.run_one() > 0) {
  }
  if (failure) std::rethrow_exception(failure);
  if (!result) throw std::logic_error("the event loop ran out of work before the task ended");
  return std::move(*result);
}

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

/// The same on a loop of its own, for tasks that need no particular one.
template <class T>
T run(Task<T> task) {
  boost::asio::io_context loop(1);
  return run(loop, std::move(task));
}

}  // namespace refrain::testing
