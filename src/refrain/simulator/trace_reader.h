#pragma once

/// @file
/// Traces in files.

#include "refrain/core/result.h"
#include "refrain/simulator/trace.h"
#include "refrain/simulator/trace_format.h"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

namespace refrain {

/// What to read of a file.
struct TraceReading {
  std::optional<TraceFormat> format;   ///< Nothing: as `detect_trace_format` says.
  std::optional<std::size_t> at_most;  ///< Requests, from the beginning; nothing: all.
};

/// The trace in a file, compressed or not, named after the file. What is wrong with it is said with
/// its path and, if it can be, its line. More than `TraceParser::kMostRequests` are refused.
[[nodiscard]] Result<Trace> read_trace(const std::filesystem::path& path,
                                       const TraceReading& reading = {});

/// `OLTP` for `traces/OLTP.lis.zst`.
[[nodiscard]] std::string trace_name(const std::filesystem::path& path);

}  // namespace refrain
