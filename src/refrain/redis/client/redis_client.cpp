#include "refrain/redis/client/redis_client.h"

#include "refrain/redis/client/standalone_redis_client.h"

namespace refrain {

Result<std::unique_ptr<RedisClient>> make_redis_client(
    const RedisClientOptions& options,
    const std::vector<boost::asio::io_context*>& loops,
    Log& log) {
  if (options.mode != RedisMode::kStandalone)
    return fail(ErrorCode::kInvalidArgument, "this Redis mode is not supported", "mode");
  return std::make_unique<StandaloneRedisClient>(options.connection, loops, log);
}

}  // namespace refrain
