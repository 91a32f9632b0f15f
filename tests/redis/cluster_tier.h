#pragma once

/// @file
/// Redis tiers on a cluster.

#include "refrain/redis/redis_cache.h"

#include "redis/redis_fixture.h"
#include "support/redis_cluster.h"

#include <algorithm>
#include <chrono>
#include <vector>

namespace refrain::testing {

inline RedisCache::Options cluster_options(const RedisCluster& cluster) {
  RedisCache::Options options = redis_options(RedisEndpoint());
  options.servers.mode = RedisMode::kCluster;
  options.servers.nodes = cluster.addresses();
  options.servers.refresh_distance = std::chrono::milliseconds(20);
  return options;
}

/// Whether every shard is used.
inline bool is_whole(const RedisCache& cache) {
  const TierStats stats = cache.stats();
  const std::vector<ShardStats>& shards = stats.remote->shards;
  return shards.size() == RedisCluster::kMasters &&
         std::all_of(shards.begin(), shards.end(), [](const ShardStats& shard) {
           return shard.is_available;
         });
}

}  // namespace refrain::testing
