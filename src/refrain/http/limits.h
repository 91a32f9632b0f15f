#pragma once

/// @file
/// What a client may send, and how slowly.

#include <chrono>
#include <cstddef>

namespace refrain::http {

/// Bounds of one server. Every time is counted from a fixed beginning, so that a byte a second does
/// not keep a connection alive.
struct Limits {
  std::size_t max_header_bytes = 8U << 10U;  ///< Request line and fields; beyond: 431.
  std::size_t max_body_bytes = 64U << 10U;   ///< Beyond: 413.
  std::size_t max_connections = 10'000;      ///< Over all event loops; beyond: 503 and closed.
  std::chrono::seconds idle_timeout{60};     ///< Between requests.
  std::chrono::seconds header_timeout{
      10};  ///< From a request's first byte to the end of its head; then 408.
  std::chrono::seconds body_timeout{30};   ///< From there to the end of the body; then 408.
  std::chrono::seconds write_timeout{30};  ///< For one response to leave.
};

}  // namespace refrain::http
