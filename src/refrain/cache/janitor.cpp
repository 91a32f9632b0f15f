#include "refrain/cache/janitor.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace refrain {

struct Janitor::State {
  State(Executor executor, TieredCache& to_clean, std::chrono::milliseconds every)
      : timer(executor),
        cache(to_clean),
        interval(every) {}

  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>,
                                    Executor>
      timer;
  TieredCache& cache;
  std::chrono::milliseconds interval;
  bool is_stopped = false;
};

Janitor::Janitor(Executor executor, TieredCache& cache, std::chrono::milliseconds interval)
    : state_(std::make_shared<State>(executor, cache, interval)) {
  boost::asio::co_spawn(executor, clean(state_), boost::asio::detached);
}

Janitor::~Janitor() {
  stop();
}

void Janitor::stop() {
  state_->is_stopped = true;
  state_->timer.cancel();
}

Task<void> Janitor::clean(std::shared_ptr<State> state) {
  while (!state->is_stopped) {
    state->timer.expires_after(state->interval);
    co_await state->timer.async_wait(kAsTuple);
    if (!state->is_stopped) co_await state->cache.sweep();
  }
}

}  // namespace refrain
