#pragma once

/// @file
/// From which servers a client's answers come.

#include "refrain/redis/client/redis_address.h"

#include <cstdint>
#include <optional>

namespace refrain {

/// A server whose answers a client may use at present.
struct RedisSource {
  enum class Kind : std::uint8_t {
    kOnly,      ///< There is no other.
    kMaster,    ///< The one that sentinels name; another may take its place.
    kShard,     ///< A master of a cluster that keeps slots.
    kImporter,  ///< A node of a cluster that answers for keys on their way to it (ASK).
  };

  Kind kind = Kind::kOnly;
  /// Nothing: where the options' endpoint is.
  std::optional<RedisAddress> address;
  /// Of a shard: one of the slots that it keeps, if possible that of the greeting's key.
  std::uint16_t slot = 0;
  /// Whether it keeps the key that the options' greeting is about.
  bool keeps_greeting = true;

  friend bool operator==(const RedisSource&, const RedisSource&) = default;
};

}  // namespace refrain
