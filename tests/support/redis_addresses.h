#pragma once

/// @file
/// Addresses of several Redis servers as the program takes them.

#include "refrain/redis/client/redis_address.h"

#include <string>
#include <vector>

namespace refrain::testing {

/// What `--redis-nodes` takes.
inline std::string list_of(const std::vector<RedisAddress>& addresses) {
  std::string list;
  for (const RedisAddress& address : addresses)
    list += (list.empty() ? "" : ",") + address.describe();
  return list;
}

}  // namespace refrain::testing
