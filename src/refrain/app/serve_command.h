#pragma once

/// @file
/// `refrain serve`, `refrain text`, `refrain sticker`.

#include "refrain/app/settings.h"

namespace refrain::app {

/// Which services one process runs.
struct ServedServices {
  bool has_text = true;
  bool has_sticker = true;
};

/// Runs the services until SIGINT or SIGTERM, then drains them: no new connections, requests under
/// way get their answers within the drain time. A second signal ends at once. Returns the exit
/// code.
int serve(const Settings& settings, ServedServices services);

}  // namespace refrain::app
