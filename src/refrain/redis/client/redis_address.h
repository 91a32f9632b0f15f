#pragma once

/// @file
/// Where one of several servers is.

#include "refrain/core/result.h"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace refrain {

/// A host and a port.
struct RedisAddress {
  std::string host;
  std::uint16_t port = 0;

  /// `10.0.0.1:6379` or `[::1]:6379`.
  [[nodiscard]] std::string describe() const;

  friend bool operator==(const RedisAddress&, const RedisAddress&) = default;
  friend std::strong_ordering operator<=>(const RedisAddress&, const RedisAddress&) = default;
};

/// The address in `text`, which is as `describe` writes it; without a port it is `default_port`. An
/// error names the part that is wrong.
Result<RedisAddress> parse_redis_address(std::string_view text, std::uint16_t default_port);

/// Those in a list that commas separate; spaces around them are ignored, and so is an empty list.
Result<std::vector<RedisAddress>> parse_redis_addresses(std::string_view text,
                                                        std::uint16_t default_port);

}  // namespace refrain
