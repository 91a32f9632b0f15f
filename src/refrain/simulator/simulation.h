#pragma once

/// @file
/// Every policy on one trace.

#include "refrain/simulator/belady.h"
#include "refrain/simulator/simulation_plan.h"
#include "refrain/simulator/simulation_result.h"
#include "refrain/simulator/trace.h"

#include <cstddef>
#include <functional>

namespace refrain {

/// Runs the caches of a plan on a trace: those that the memory tier is made of, without values, and
/// the one that knows the future. An entry counts for its answer's bytes alone.
///
/// Thread safety: none; it starts threads of its own. The result does not depend on their number.
class Simulation {
public:
  /// Called from any of the threads, one at a time, with the requests simulated so far and those
  /// that there are to simulate, over all caches.
  using OnProgress = std::function<void(std::size_t done, std::size_t all)>;

  /// @pre `trace` outlives this.
  Simulation(const Trace& trace, SimulationPlan plan);

  [[nodiscard]] SimulationResult run(const OnProgress& progress);

private:
  /// One cache: the optimum, or the policy before `row`.
  struct Job {
    std::size_t row;
    std::size_t column;
  };

  [[nodiscard]] Score run_one(const Job& job, const Belady::OnProgress& progress) const;

  const Trace& trace_;
  SimulationPlan plan_;
  Belady belady_;
};

}  // namespace refrain
