#pragma once

/// @file
/// Cleans caches from time to time.

#include "refrain/cache/tiered_cache.h"
#include "refrain/core/task.h"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>

namespace refrain {

/// Calls `TieredCache::sweep` at an interval, on one event loop. Each sweep does a bounded amount
/// of work, so that a request never waits long behind one.
///
/// Thread safety: `stop` and the destructor are called on the loop's thread, or after it has ended.
/// Ownership: the cache outlives the loop's last turn.
class Janitor {
public:
  Janitor(Executor executor, TieredCache& cache, std::chrono::milliseconds interval);
  Janitor(const Janitor&) = delete;
  Janitor& operator=(const Janitor&) = delete;
  ~Janitor();

  /// No sweep begins after this.
  void stop();

private:
  struct State;
  static Task<void> clean(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;
};

}  // namespace refrain
