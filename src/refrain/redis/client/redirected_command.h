#pragma once

/// @file
/// A command that a cluster sends from node to node, without a socket.

#include "refrain/redis/client/cluster_redirection.h"
#include "refrain/redis/client/redis_command.h"
#include "refrain/redis/client/resp_value.h"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace refrain {

/// What is left to do of a command after a node has sent it elsewhere. Of several commands in one,
/// those that a node has executed are never sent again; only those that it sent on are.
///
/// The owner sends `next_command()` to where `redirection()` says and hands the reply to `take`,
/// until nothing is to be done or its patience ends; then `reply()` is the answer.
///
/// Thread safety: none; one coroutine owns it. Ownership: the command outlives it.
class RedirectedCommand {
public:
  /// The reply of the node at `asked_host` to all of `command`.
  RedirectedCommand(const RedisCommand& command, RespValue reply, std::string_view asked_host);

  /// Whether `reply`, to `command_size` commands, sends any of them elsewhere.
  static bool is_redirected(const RespValue& reply, std::size_t command_size);

  /// Where to send `next_command` now; nothing if all is done.
  [[nodiscard]] const std::optional<ClusterRedirection>& redirection() const {
    return redirection_;
  }

  /// What is left, each command after an ASKING if the redirection is of that kind.
  /// @pre `redirection()`.
  [[nodiscard]] RedisCommand next_command() const;

  /// The reply to `next_command()`.
  void take(RespValue reply, std::string_view asked_host);

  /// As of the whole command. Where nothing is left to be done, no part of it sends elsewhere.
  [[nodiscard]] RespValue reply();

private:
  void note(std::size_t part, RespValue reply, std::string_view asked_host);

  const std::vector<std::string_view> parts_;
  std::vector<RespValue> replies_;  // to each part
  std::vector<std::size_t> left_;   // parts that were sent elsewhere, in order
  std::optional<ClusterRedirection> redirection_;
};

}  // namespace refrain
