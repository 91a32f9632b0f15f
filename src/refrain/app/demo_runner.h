#pragma once

/// @file
/// Event loops for a program that goes step by step.

#include "refrain/app/event_loops.h"
#include "refrain/app/terminal.h"
#include "refrain/cache/answer.h"
#include "refrain/cache/tiered_cache.h"
#include "refrain/core/result.h"
#include "refrain/core/task.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace refrain::app {

/// An answer and how long it took to come.
struct TimedAnswer {
  Result<Answer> answer;
  std::chrono::nanoseconds duration;

  [[nodiscard]] bool came_from(std::string_view tier) const {
    return answer && answer->disposition() == Disposition::kHit && answer->tier() == tier;
  }
  [[nodiscard]] bool is_generated() const {
    return answer && answer->disposition() == Disposition::kMiss;
  }
};

/// Runs tasks to their end while the calling thread waits, showing that something is going on.
class DemoRunner {
public:
  explicit DemoRunner(const Terminal& terminal) : loops_(1), pool_(2), terminal_(terminal) {
    loops_.start();
  }
  DemoRunner(const DemoRunner&) = delete;
  DemoRunner& operator=(const DemoRunner&) = delete;
  ~DemoRunner() { stop(); }

  [[nodiscard]] const EventLoops& loops() const { return loops_; }
  [[nodiscard]] boost::asio::thread_pool& pool() { return pool_; }

  /// Ends the threads; caches may be destroyed after this. Nothing can be waited for any more.
  void stop();

  /// The value of `task`, run on the loop. `activity` is shown meanwhile, with the seconds.
  template <class T>
  T wait(Task<T> task, std::string_view activity = {}) {
    auto promise = std::make_shared<std::promise<T>>();
    std::future<T> future = promise->get_future();
    boost::asio::co_spawn(loops_.first(), deliver(std::move(task), promise), boost::asio::detached);
    show_progress(activity, [&future](std::chrono::milliseconds pause) {
      return future.wait_for(pause) == std::future_status::ready;
    });
    return future.get();
  }

  /// One request through a cache: what is known at once is measured without the change of threads.
  TimedAnswer ask(TieredCache& cache,
                  CacheKey key,
                  const std::function<Task<Result<Answer>>(TieredCache::Probe)>& go_on,
                  std::string_view activity = {});

private:
  /// By way of a promise: Asio's own future needs values that can be made from nothing.
  template <class T>
  static Task<void> deliver(Task<T> task, std::shared_ptr<std::promise<T>> promise) {
    try {
      promise->set_value(co_await std::move(task));
    } catch (...) {
      promise->set_exception(std::current_exception());
    }
  }

  void show_progress(std::string_view activity,
                     const std::function<bool(std::chrono::milliseconds)>& is_done) const;

  EventLoops loops_;
  boost::asio::thread_pool pool_;
  const Terminal& terminal_;
};

}  // namespace refrain::app
