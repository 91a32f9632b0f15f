#pragma once

/// @file
/// What is said between a client and sentinels, without a socket.

#include "refrain/core/result.h"
#include "refrain/redis/client/redis_address.h"
#include "refrain/redis/client/redis_client_options.h"
#include "refrain/redis/client/redis_command.h"
#include "refrain/redis/client/redis_url.h"
#include "refrain/redis/client/resp_value.h"

#include <optional>
#include <string_view>

namespace refrain {

/// The channel on which a sentinel tells that it knows another master.
inline constexpr std::string_view kSwitchMaster = "+switch-master";

/// How to log in to the sentinel at `address`.
RedisEndpoint sentinel_endpoint(const RedisClientOptions& options, const RedisAddress& address);

/// Asks for the address of the options' master.
RedisCommand master_question(const RedisClientOptions& options);

/// The address in a sentinel's reply to `master_question`, or `kUnavailable` with what was wrong
/// with it.
Result<RedisAddress> parse_master_address(const RespValue& reply);

/// Where the master called `name` is by a sentinel's push message; nothing if the message does not
/// say so.
std::optional<RedisAddress> parse_switch_master(const RespValue& message, std::string_view name);

}  // namespace refrain
