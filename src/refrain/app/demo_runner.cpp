#include "refrain/app/demo_runner.h"

#include "refrain/app/demo_report.h"

#include <string>

namespace refrain::app {

void DemoRunner::stop() {
  loops_.stop();
  pool_.stop();
  pool_.join();
}

void DemoRunner::show_progress(
    std::string_view activity,
    const std::function<bool(std::chrono::milliseconds)>& is_done) const {
  constexpr std::chrono::milliseconds kStep{100};
  const auto begin = std::chrono::steady_clock::now();
  while (!is_done(kStep)) {
    if (activity.empty()) continue;
    terminal_.progress("   … " + std::string(activity) + ", " +
                       duration_text(std::chrono::steady_clock::now() - begin));
  }
  if (!activity.empty()) terminal_.progress("");
}

TimedAnswer DemoRunner::ask(TieredCache& cache,
                            CacheKey key,
                            const std::function<Task<Result<Answer>>(TieredCache::Probe)>& go_on,
                            std::string_view activity) {
  const auto begin = std::chrono::steady_clock::now();
  TieredCache::Probe probe = cache.probe(key, CacheDirectives());
  if (probe.answer()) {
    const auto duration = std::chrono::steady_clock::now() - begin;
    return {std::move(*probe.answer()), duration};
  }
  Result<Answer> answer = wait(go_on(std::move(probe)), activity);
  return {std::move(answer), std::chrono::steady_clock::now() - begin};
}

}  // namespace refrain::app
