#pragma once

/// @file
/// A simulation's result, as a picture.

#include "refrain/simulator/metric.h"
#include "refrain/simulator/simulation_result.h"

#include <string>

namespace refrain {

/// Miss ratio curves as an SVG file: what the cache did not answer over its size, on a logarithmic
/// axis, with one path for the optimum and each policy. In the colours of the reader's light or
/// dark scheme; curves differ by colour, dashes and marks.
/// @pre There is a size.
[[nodiscard]] std::string miss_ratio_chart(const SimulationResult& result, Metric metric);

}  // namespace refrain
