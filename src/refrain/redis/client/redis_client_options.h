#pragma once

/// @file
/// Which kind of Redis a client speaks to, and how.

#include "refrain/redis/client/redis_address.h"
#include "refrain/redis/client/redis_connection.h"
#include "refrain/redis/client/redis_mode.h"

#include <chrono>
#include <string>
#include <vector>

namespace refrain {

/// What a client of any kind is made from.
struct RedisClientOptions {
  RedisMode mode = RedisMode::kStandalone;

  /// Of each connection. Its `greeting` is asked where its key is kept, and what it is about counts
  /// as known from then on: see `RedisClient::is_ready`.
  RedisConnectionOptions connection;

  /// Where to begin: some nodes of the cluster, or all sentinels. Empty: at the connection's
  /// endpoint. User, password and the like are the endpoint's for every node.
  std::vector<RedisAddress> nodes;

  /// Of sentinels: the name under which they watch the master, and how to log in to them, which is
  /// not how to log in to it. Empty password: no log-in.
  std::string master_name;
  std::string sentinel_user;
  std::string sentinel_password;

  /// Of a cluster: `GETRANGE` goes to replicas, as long as one is there. They may be a little
  /// behind their master, so that it may miss what was just written, or find what was just removed.
  /// `GET` always asks the master.
  bool reads_from_replicas = false;
  /// Of a cluster: how old the picture of it may become. It is also renewed whenever a node is lost
  /// or says that something has moved. Raised: fewer questions; lowered: new replicas are used
  /// sooner.
  std::chrono::milliseconds refresh_interval{30'000};
  /// Of a cluster: between two such questions, of all loops together.
  std::chrono::milliseconds refresh_distance{250};
  /// Of a cluster: how long the other nodes are still used when the one that keeps the greeting's
  /// key is out of reach. Raised: a longer failover of that node is borne; lowered: less is
  /// answered from before a change that this process could not hear of.
  std::chrono::milliseconds greeting_grace{30'000};
};

}  // namespace refrain
