#pragma once

/// @file
/// Simulations' results, as JSON.

#include "refrain/simulator/simulation_result.h"

#include <span>
#include <string>

namespace refrain {

/// `{"traces": […]}`, where each has what is known of the trace and `results`, an object for each
/// policy and size. One line.
[[nodiscard]] std::string result_json(std::span<const SimulationResult> results);

}  // namespace refrain
