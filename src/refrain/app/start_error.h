#pragma once

/// @file
/// What the program says, and ends with, when it cannot start.

#include "refrain/core/error.h"

#include <string>

namespace refrain::app {

/// The same error with the three spellings of the option that its field names, as
/// `(--redis-url, REDIS_URL, redis.url)`. Unchanged if that is no option, or if the message names
/// it already.
Error with_option(const Error& error);

/// What the program ends with for `error`: 2 if an option is to blame, else 1.
int exit_code_of(const Error& error);

}  // namespace refrain::app
