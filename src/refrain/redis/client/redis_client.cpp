#include "refrain/redis/client/redis_client.h"

#include "refrain/redis/client/cluster_redis_client.h"
#include "refrain/redis/client/sentinel_redis_client.h"
#include "refrain/redis/client/standalone_redis_client.h"

#include <utility>

namespace refrain {

namespace {

tl::unexpected<Error> bad(std::string_view option, std::string_view why) {
  return fail(ErrorCode::kInvalidArgument,
              "the Redis " + std::string(option) + " " + std::string(why),
              std::string(option));
}

Result<void> check_cluster(const RedisClientOptions& options) {
  const RedisEndpoint& endpoint = options.connection.endpoint;
  if (endpoint.database != 0) return bad("database", "must be 0 in a cluster, which has no others");
  if (!endpoint.unix_path.empty())
    return bad("URL", "is a Unix socket, but the nodes of a cluster are found by host and port");
  return {};
}

Result<void> check_sentinel(const RedisClientOptions& options) {
  if (options.nodes.empty()) return bad("nodes", "must name at least one sentinel");
  if (options.master_name.empty())
    return bad("master", "must have the name that the sentinels know it by");
  if (!options.connection.endpoint.unix_path.empty())
    return bad("URL", "is a Unix socket, but sentinels name a host and a port");
  return {};
}

RedisClientOptions with_nodes(const RedisClientOptions& options) {
  RedisClientOptions complete = options;
  const RedisEndpoint& endpoint = options.connection.endpoint;
  RedisAddress address;
  address.host = endpoint.host;
  address.port = endpoint.port;
  if (complete.nodes.empty()) complete.nodes.push_back(std::move(address));
  return complete;
}

}  // namespace

Result<std::unique_ptr<RedisClient>> make_redis_client(
    const RedisClientOptions& options,
    const std::vector<boost::asio::io_context*>& loops,
    Log& log) {
  if (options.mode == RedisMode::kCluster) {
    if (Result<void> checked = check_cluster(options); !checked) return fail(checked.error());
    return std::make_unique<ClusterRedisClient>(with_nodes(options), loops, log);
  }
  if (options.mode == RedisMode::kSentinel) {
    if (Result<void> checked = check_sentinel(options); !checked) return fail(checked.error());
    return std::make_unique<SentinelRedisClient>(options, loops, log);
  }
  if (!options.nodes.empty())
    return bad("nodes", "are named, but one server alone has none (is the mode wrong?)");
  return std::make_unique<StandaloneRedisClient>(options.connection, loops, log);
}

}  // namespace refrain
