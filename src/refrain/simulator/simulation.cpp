#include "refrain/simulator/simulation.h"

#include "refrain/core/mutex.h"
#include "refrain/memory/policy/adaptive_shadow.h"
#include "refrain/memory/policy/shadow_cache.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <utility>

namespace refrain {
namespace {

constexpr std::size_t kProgressStep = 65'536;

/// Sums what the threads did.
class ProgressSum {
public:
  ProgressSum(const Simulation::OnProgress& report, std::size_t all) : report_(report), all_(all) {}

  void add(std::size_t done) {
    const MutexLock lock(mutex_);
    done_ += done;
    report_(done_, all_);
  }

private:
  const Simulation::OnProgress& report_;
  const std::size_t all_;
  Mutex mutex_;
  std::size_t done_ REFRAIN_GUARDED_BY(mutex_) = 0;
};

CacheLimits limits_of(const Trace& trace, CacheUnit unit, std::uint64_t size) {
  // So large that it does not limit, and four times as much is still a number.
  constexpr std::size_t kNoLimit = std::size_t{1} << 52U;
  // Policies prepare for as many entries as fit: no more than there are.
  if (unit == CacheUnit::kItems) return {std::min(size, trace.unique_keys()), kNoLimit};
  return {kNoLimit, std::min({size, trace.footprint_bytes(), std::uint64_t{kNoLimit}})};
}

template <class Cache>
Score run_cache(Cache& cache, const Trace& trace, const Belady::OnProgress& progress) {
  Score score;
  for (const Trace::Request& request : trace.requests()) {
    CacheAccess access;
    access.hash = request.hash;
    access.charge = request.size;
    access.cost = request.seconds;
    score.count(request.size, static_cast<double>(request.seconds), cache.access(access));
    if (score.requests % kProgressStep == 0) progress(kProgressStep);
  }
  progress(score.requests % kProgressStep);
  return score;
}

}  // namespace

Simulation::Simulation(const Trace& trace, SimulationPlan plan)
    : trace_(trace),
      plan_(std::move(plan)),
      belady_(trace) {}

Score Simulation::run_one(const Job& job, const Belady::OnProgress& progress) const {
  const std::uint64_t size = plan_.sizes[job.column];
  if (job.row == 0) return belady_.run(plan_.unit, size, progress);
  const PolicyKind kind = plan_.policies[job.row - 1];
  const CacheLimits limits = limits_of(trace_, plan_.unit, size);
  if (kind == PolicyKind::kAdaptive) {
    AdaptiveShadow cache(limits);
    return run_cache(cache, trace_, progress);
  }
  ShadowCache cache(kind, limits);
  return run_cache(cache, trace_, progress);
}

SimulationResult Simulation::run(const OnProgress& progress) {
  const std::size_t columns = plan_.sizes.size();
  const std::size_t rows = plan_.policies.size() + 1;
  std::vector<std::vector<Score>> scores(rows, std::vector<Score>(columns));
  ProgressSum sum(progress, rows * columns * trace_.requests().size());
  std::atomic<std::size_t> next_job{0};
  const auto work = [&] {
    for (std::size_t job = next_job++; job < rows * columns; job = next_job++) {
      const Job one{job / columns, job % columns};
      scores[one.row][one.column] = run_one(one, [&sum](std::size_t done) { sum.add(done); });
    }
  };
  // Futures, since they hand an exception (memory may run out) to who asked.
  std::vector<std::future<void>> threads;
  for (std::size_t i = 1; i < plan_.threads; ++i)
    threads.push_back(std::async(std::launch::async, work));
  work();
  for (std::future<void>& thread : threads)
    thread.get();

  SimulationResult result;
  result.trace = trace_.name();
  result.requests = trace_.requests().size();
  result.unique_keys = trace_.unique_keys();
  result.footprint_bytes = trace_.footprint_bytes();
  result.has_sizes = trace_.has_sizes();
  result.has_seconds = trace_.has_seconds();
  result.unit = plan_.unit;
  result.sizes = plan_.sizes;
  result.policies = plan_.policies;
  result.optimum = std::move(scores.front());
  scores.erase(scores.begin());
  result.scores = std::move(scores);
  return result;
}

}  // namespace refrain
