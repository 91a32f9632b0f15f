#pragma once

/// @file
/// Options that belong together.

#include "refrain/app/option.h"

#include <vector>

namespace refrain::app {

/// Where Redis is, how it is spoken to and how long it is waited for.
void add_redis_options(std::vector<Option>& all);

/// What the services keep in memory and on disk.
void add_tier_options(std::vector<Option>& all);

}  // namespace refrain::app
