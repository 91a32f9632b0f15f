#pragma once

/// @file
/// One node of a cluster, as one event loop knows it.

#include "refrain/core/clock.h"
#include "refrain/redis/client/redis_address.h"
#include "refrain/redis/client/redis_connection.h"

#include <atomic>
#include <memory>

namespace refrain {

/// A connection to a node. A node that is read from as a replica is another one than the same node
/// as a master: the server tells the two apart by connection.
///
/// Thread safety: `is_usable` from any thread, everything else on the loop.
struct ClusterNode {
  RedisAddress address;
  std::shared_ptr<RedisConnection> connection;
  /// Whether what the greeting is about was known when the connection came up, or since.
  std::atomic<bool> is_admitted{false};
  SteadyTime last_used;  ///< Of one that a redirection named; such a node may have no slots yet.

  [[nodiscard]] bool is_connected() const { return connection->is_ready(); }
  [[nodiscard]] bool is_usable() const {
    return connection->is_ready() && is_admitted.load(std::memory_order_acquire);
  }
};

}  // namespace refrain
