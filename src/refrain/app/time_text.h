#pragma once

/// @file
/// Times for people and for programs.

#include "refrain/core/clock.h"

#include <chrono>
#include <string>

namespace refrain::app {

/// RFC 3339 in UTC with milliseconds: `2026-11-22T22:09:00.000Z`. Years beyond 9999 are shown as
/// the end of that year.
std::string rfc3339(WallTime time);

/// In the unit that suits it: `42 s`, `12 min`, `5 h`, `3 d`.
std::string rough_duration(std::chrono::milliseconds duration);

}  // namespace refrain::app
