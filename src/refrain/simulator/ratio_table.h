#pragma once

/// @file
/// A simulation's result, as text.

#include "refrain/simulator/metric.h"
#include "refrain/simulator/simulation_result.h"

#include <string>

namespace refrain {

/// One line on what was simulated: `OLTP: 914,145 requests for 186,880 keys`.
[[nodiscard]] std::string trace_line(const SimulationResult& result);

/// A line on the metric and a table in percent: sizes as rows, Belady's optimum and the policies as
/// columns. The best of each row is marked with a star, and so is what looks like it, unless all
/// do.
[[nodiscard]] std::string ratio_table(const SimulationResult& result, Metric metric);

}  // namespace refrain
