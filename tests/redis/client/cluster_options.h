#pragma once

/// @file
/// How tests reach a cluster.

#include "refrain/redis/client/redis_client_options.h"

#include "redis/redis_fixture.h"
#include "support/redis_cluster.h"

#include <chrono>

namespace refrain::testing {

inline RedisClientOptions client_options(const RedisCluster& cluster) {
  RedisClientOptions options;
  options.mode = RedisMode::kCluster;
  options.connection = connection_options(RedisEndpoint());
  options.connection.reconnect.longest = std::chrono::milliseconds(200);
  options.refresh_distance = std::chrono::milliseconds(20);
  options.nodes = cluster.addresses();
  return options;
}

}  // namespace refrain::testing
