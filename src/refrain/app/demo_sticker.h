#pragma once

/// @file
/// The mission's verification of the sticker cache.

#include "refrain/app/settings.h"
#include "refrain/app/terminal.h"

namespace refrain::app {

/// Shows, with the mission's mock generator: stickers for several prompts, saved as PNG files in
/// `demo_stickers/`; hits in memory; hits on disk after a restart, that is with new caches over the
/// same directory; generation without any cache; and the statistics. Returns the exit code: 0 if
/// every step was as it should be.
int demo_sticker(const Settings& settings, const Terminal& terminal);

}  // namespace refrain::app
