#pragma once

/// @file
/// TLS to Redis, as the settings want it.

#include "refrain/app/settings.h"
#include "refrain/core/log.h"
#include "refrain/core/result.h"
#include "refrain/redis/client/redis_url.h"

namespace refrain::app {

/// Gives `endpoint` what it needs if it is one of TLS, and says in the log if the server is not
/// verified. An error names the option; options of TLS without a `rediss://` URL are one, too: who
/// sets them does not expect to be spoken to in the clear.
Result<void> add_redis_tls(const Settings& settings, RedisEndpoint& endpoint, Log& log);

}  // namespace refrain::app
