#include "refrain/redis/client/redis_mode.h"

namespace refrain {

std::string_view to_string(RedisMode mode) {
  switch (mode) {
    case RedisMode::kStandalone:
      return "standalone";
    case RedisMode::kSentinel:
      return "sentinel";
    case RedisMode::kCluster:
      return "cluster";
  }
  return "standalone";
}

std::optional<RedisMode> redis_mode(std::string_view name) {
  for (const RedisMode mode : {RedisMode::kStandalone, RedisMode::kSentinel, RedisMode::kCluster}) {
    if (name == to_string(mode)) return mode;
  }
  return std::nullopt;
}

}  // namespace refrain
