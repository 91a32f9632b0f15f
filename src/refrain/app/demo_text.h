#pragma once

/// @file
/// The mission's verification of the text cache.

#include "refrain/app/settings.h"
#include "refrain/app/terminal.h"

namespace refrain::app {

/// Shows, with a model as slow as the mission's: whether Redis is there, a miss and a hit for
/// several texts with equal answers, what Redis holds, that memory answers when Redis is away, and
/// the statistics. Returns the exit code: 0 if every step was as it should be. A Redis that is not
/// running is shown and is no failure.
int demo_text(const Settings& settings, const Terminal& terminal);

}  // namespace refrain::app
