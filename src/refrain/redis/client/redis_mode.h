#pragma once

/// @file
/// How Redis servers are arranged.

#include <cstdint>
#include <optional>
#include <string_view>

namespace refrain {

/// How the servers are arranged that a client speaks to.
enum class RedisMode : std::uint8_t {
  kStandalone,  ///< One server.
  kSentinel,    ///< One server at a time; sentinels say which.
  kCluster,     ///< Several servers, each with a part of the keys.
};

/// `standalone`, `sentinel` or `cluster`.
std::string_view to_string(RedisMode mode);

/// The mode of that name; nothing for any other.
std::optional<RedisMode> redis_mode(std::string_view name);

}  // namespace refrain
