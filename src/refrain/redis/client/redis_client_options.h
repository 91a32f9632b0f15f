#pragma once

/// @file
/// Which kind of Redis a client speaks to, and how.

#include "refrain/redis/client/redis_connection.h"

#include <cstdint>

namespace refrain {

/// How the servers are arranged.
enum class RedisMode : std::uint8_t {
  kStandalone,  ///< One server.
  kSentinel,    ///< One server at a time; sentinels say which.
  kCluster,     ///< Several servers, each with a part of the keys.
};

/// What a client of any kind is made from.
struct RedisClientOptions {
  RedisMode mode = RedisMode::kStandalone;

  /// Of each connection. Its `greeting` is asked where its key is kept, and what it is about counts
  /// as known from then on: see `RedisClient::is_ready`.
  RedisConnectionOptions connection;
};

}  // namespace refrain
