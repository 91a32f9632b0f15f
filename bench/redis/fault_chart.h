#pragma once

/// @file
/// A run with a fault as a picture.

#include "redis/fault_timeline.h"

#include <string>

namespace refrain::bench {

/// An SVG for documents, light and dark: latency over time on a logarithmic axis (median, 99th
/// percentile, longest), the fault's span shaded, and below it who answered.
std::string fault_chart(const FaultTimeline& timeline,
                        const std::string& title,
                        const std::string& subtitle);

}  // namespace refrain::bench
