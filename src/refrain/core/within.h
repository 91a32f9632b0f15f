#pragma once

/// @file
/// A coroutine that is waited for no longer than a time budget, and goes on all the same.

#include "refrain/core/task.h"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace refrain {

namespace detail {

/// What a task and the one who waits for it know of each other. Both run on one loop.
template <class T>
class Waited {
public:
  explicit Waited(const Executor& executor) : timer_(executor) {}

  [[nodiscard]] bool is_done() const { return value_.has_value() || failure_ != nullptr; }
  [[nodiscard]] bool is_given_up() const { return is_given_up_; }

  void finish(std::optional<T> value, std::exception_ptr failure) {
    value_ = std::move(value);
    failure_ = std::move(failure);
    timer_.cancel();
  }

  static Task<std::optional<T>> wait(std::shared_ptr<Waited> self,
                                     std::chrono::milliseconds budget) {
    if (!self->is_done()) {
      self->timer_.expires_after(budget);
      static_cast<void>(co_await self->timer_.async_wait(kAsTuple));
    }
    self->is_given_up_ = !self->is_done();
    if (self->failure_) std::rethrow_exception(self->failure_);
    co_return std::move(self->value_);
  }

private:
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        Executor>;

  Timer timer_;
  std::optional<T> value_;
  std::exception_ptr failure_;
  bool is_given_up_ = false;
};

template <class T, class OnLate>
Task<void> run_to_its_end(std::shared_ptr<Waited<T>> waited, Task<T> task, OnLate on_late) {
  std::optional<T> value;
  std::exception_ptr failure;
  try {
    value.emplace(co_await std::move(task));
    if (waited->is_given_up()) co_await on_late(std::move(*value));
  } catch (...) {
    failure = std::current_exception();
  }
  // When nobody waits any more nobody hears of an exception either: there is no one to tell.
  if (!waited->is_given_up()) waited->finish(std::move(value), failure);
}

}  // namespace detail

/// What `task` returns, or nothing after `budget`: then `task` runs to its end all the same, on
/// this loop, and `on_late(value)`, which returns a `Task<void>`, is awaited with what it returned.
/// What both refer to must outlive them, not only the await. An exception of `task` is thrown on if
/// it comes within the budget, and lost if it comes later.
///
/// Budgets run in real time, since what is waited for does.
template <class T, class OnLate>
Task<std::optional<T>> within(std::chrono::milliseconds budget, Task<T> task, OnLate on_late) {
  const Executor executor = co_await boost::asio::this_coro::executor;
  auto waited = std::make_shared<detail::Waited<T>>(executor);
  boost::asio::co_spawn(executor,
                        detail::run_to_its_end(waited, std::move(task), std::move(on_late)),
                        boost::asio::detached);
  co_return co_await detail::Waited<T>::wait(waited, budget);
}

}  // namespace refrain
