#pragma once

/// @file
/// A result without a simulation.

#include "refrain/simulator/simulation_result.h"

#include <cstdint>

namespace refrain::testing {

/// That many hits of 1000 requests; twice as large a share of the bytes, half of the seconds.
inline Score score_of(std::uint64_t hits) {
  return {1000, hits, 500'000, hits * 1000, 2000, static_cast<double>(hits)};
}

/// Two sizes; lru and cost.
inline SimulationResult sample_result() {
  SimulationResult result;
  result.trace = "sample";
  result.requests = 1000;
  result.unique_keys = 400;
  result.footprint_bytes = 200'000;
  result.sizes = {100, 2000};
  result.policies = {PolicyKind::kLru, PolicyKind::kCost};
  result.optimum = {score_of(300), score_of(400)};
  result.scores = {{score_of(120), score_of(400)}, {score_of(250), score_of(400)}};
  return result;
}

}  // namespace refrain::testing
