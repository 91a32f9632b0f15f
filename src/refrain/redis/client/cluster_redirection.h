#pragma once

/// @file
/// What a cluster's node says when a command is not for it.

#include "refrain/redis/client/redis_address.h"
#include "refrain/redis/client/resp_value.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace refrain {

/// A node's advice in an error reply.
struct ClusterRedirection {
  enum class Kind : std::uint8_t {
    kMoved,     ///< The slot is at `address`, from now on.
    kAsk,       ///< This one command is for `address`, which wants to hear ASKING before it.
    kTryAgain,  ///< Keys of the command are on their way between two nodes.
    kDown,      ///< The cluster answers nothing, or nothing of this slot.
  };

  Kind kind = Kind::kDown;
  std::uint16_t slot = 0;  ///< Of `kMoved` and `kAsk`.
  RedisAddress address;    ///< Of `kMoved` and `kAsk`.
};

/// The advice in `reply`, or nothing if it is another reply. An address without a host is of the
/// node that was asked, at `asked_host`.
std::optional<ClusterRedirection> parse_cluster_redirection(const RespValue& reply,
                                                            std::string_view asked_host);

}  // namespace refrain
