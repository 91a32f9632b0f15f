#pragma once

/// @file
/// That a server is a master.

#include "refrain/core/result.h"
#include "refrain/redis/client/redis_connection.h"
#include "refrain/redis/client/resp_value.h"

namespace refrain {

/// What a server's reply to `ROLE` says: an error, with the reason, if it is no master.
Result<void> check_master_role(const RespValue& reply);

/// Makes a connection of `options` give up every server that is no master. The greeting is asked
/// and judged as before, behind `ROLE`.
void expect_master(RedisConnectionOptions& options);

}  // namespace refrain
