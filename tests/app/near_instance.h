#pragma once

/// @file
/// Instances that share a Redis and keep their memory in step with it.

#include "refrain/app/cache_stack.h"
#include "refrain/app/event_loops.h"

#include "support/log_spy.h"
#include "support/redis_server.h"
#include "support/sample_entry.h"
#include "support/wait_until.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace refrain::testing {

/// Of an instance whose Redis is at `redis_url`, for a machine that is busy.
inline app::Settings near_settings(const std::string& redis_url,
                                   const std::string& order = "near") {
  app::Settings settings;
  settings.redis_url = redis_url;
  settings.redis_budget = std::chrono::milliseconds(20'000);
  settings.redis_soft_budget = settings.redis_budget;
  settings.redis_connect_budget = settings.redis_budget;
  settings.text_order = order;
  settings.text_memory_items = 100'000;
  return settings;
}

inline app::Settings near_settings(const RedisServer& server, const std::string& order = "near") {
  return near_settings("unix://" + server.unix_endpoint().unix_path, order);
}

/// An instance of a service's text cache with event loops of its own, as a process has them.
///
/// Thread safety: one thread drives it.
class NearInstance {
public:
  NearInstance(const app::Settings& settings, std::size_t threads)
      : settings_(settings),
        loops_(threads) {
    auto stack = app::CacheStack::for_text(settings_, surroundings_);
    if (!stack) throw std::runtime_error(stack.error().message());
    stack_ = std::move(*stack);
    loops_.start();
  }
  ~NearInstance() {
    stack_->redis()->stop();
    loops_.stop();
  }
  NearInstance(const NearInstance&) = delete;
  NearInstance& operator=(const NearInstance&) = delete;

  [[nodiscard]] TieredCache& cache() { return stack_->cache(); }
  [[nodiscard]] RedisCache& redis() { return *stack_->redis(); }
  [[nodiscard]] std::size_t loop_count() { return loops_.contexts().size(); }
  [[nodiscard]] boost::asio::io_context& loop(std::size_t index) {
    return *loops_.contexts()[index];
  }

  [[nodiscard]] TrackingStats tracking() {
    return stack_->redis()->stats().remote->tracking.value();
  }
  [[nodiscard]] bool is_near() { return tracking().is_up; }
  /// Every loop has its connection, and Redis tells of changes.
  void wait_until_ready() {
    wait_until("Redis tells of changes", [this] { return is_near(); });
    for (boost::asio::io_context* loop : loops_.contexts())
      wait_until("the loop has its connection",
                 [this, loop] { return run_on(*loop, is_available()); });
  }

  template <class T>
  T run_on(boost::asio::io_context& loop, Task<T> task) {
    return boost::asio::co_spawn(loop.get_executor(), std::move(task), boost::asio::use_future)
        .get();
  }
  template <class T>
  T run(Task<T> task) {
    return run_on(loop(0), std::move(task));
  }

  /// What a request is answered with; empty if nothing is there.
  std::string get(CacheKey key, std::size_t loop_index = 0) {
    return run_on(loop(loop_index), body_of(key));
  }
  /// The tier that answered.
  std::string tier_of(CacheKey key) { return run(answering_tier(key)); }

  /// Writes it into Redis; whether that was acknowledged.
  bool put(CacheKey key, std::string_view body) {
    const WallTime now = clock_.now();
    return run(insert_into_redis(sample_entry(key, now, body)));
  }

private:
  Task<bool> is_available() { co_return stack_->redis()->is_available(); }
  Task<std::string> body_of(CacheKey key) {
    TieredCache::Probe probe = cache().probe(key, {});
    std::optional<Answer> answer = std::move(probe.answer());
    if (!answer) answer = co_await cache().find(std::move(probe));
    co_return answer ? std::string(answer->entry().body()) : std::string();
  }
  Task<std::string> answering_tier(CacheKey key) {
    TieredCache::Probe probe = cache().probe(key, {});
    std::optional<Answer> answer = std::move(probe.answer());
    if (!answer) answer = co_await cache().find(std::move(probe));
    co_return answer ? std::string(answer->tier()) : std::string();
  }
  Task<bool> insert_into_redis(Entry entry) {
    Result<InsertOutcome> inserted = co_await redis().insert(std::move(entry));
    co_return inserted && *inserted == InsertOutcome::kStored;
  }

  app::Settings settings_;
  SystemClock clock_;
  LogSpy log_;
  app::EventLoops loops_;
  boost::asio::thread_pool pool_{1};
  app::CacheSurroundings surroundings_{loops_.contexts(), pool_, clock_, log_};
  std::unique_ptr<app::CacheStack> stack_;
};

}  // namespace refrain::testing
