#pragma once

/// @file
/// Where a Redis server is and who we are to it.

#include "refrain/core/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace refrain {

/// Which version of the protocol the log-in asks for.
enum class RedisProtocol : std::uint8_t {
  kResp3,  ///< Version 3, or version 2 from a server that knows only that one (before Redis 6).
  kResp2,  ///< Version 2 in any case: no push messages.
};

/// One Redis server, and how to log in.
struct RedisEndpoint {
  std::string host = "localhost";
  std::uint16_t port = 6379;
  std::string unix_path;  ///< If not empty, a Unix socket, and host and port are not used.
  std::string user;       ///< Empty: the server's default user.
  std::string password;   ///< Empty: no AUTH is sent.
  int database = 0;
  RedisProtocol protocol = RedisProtocol::kResp3;

  /// `localhost:6379/0` or `unix:/run/redis.sock?db=0`, for logs and errors: never the password.
  [[nodiscard]] std::string describe() const;
};

/// The server at `host` and `port`, without a password. An error names the part that is wrong.
Result<RedisEndpoint> redis_endpoint(std::string_view host, std::uint32_t port);

/// The server that a URL names: `redis://[user:password@]host[:port][/database]`, with `?db=N` in
/// place of the path if wanted, or `unix://[user:password@]/path[?db=N]`; parts may be
/// percent-encoded. An error names the part that is wrong, and never quotes the password.
Result<RedisEndpoint> parse_redis_url(std::string_view url);

}  // namespace refrain
