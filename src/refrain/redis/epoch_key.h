#pragma once

/// @file
/// The key in Redis that holds the epoch.

#include "refrain/core/result.h"
#include "refrain/redis/client/redis_command.h"
#include "refrain/redis/client/resp_value.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace refrain {

/// What is said to Redis about the epoch, and what its replies mean: docs/formats/redis.md. Nothing
/// is sent from here.
///
/// The key has a lifetime from the moment that it is written, since each change sets both.
///
/// Thread safety: any.
class EpochKey {
public:
  enum class Change : std::uint8_t {
    kRestore,  ///< To no less than a given epoch. Done twice, or by two, it is as if done once.
    kRaise,    ///< To no less than a given epoch, and above what is there.
  };

  /// The highest that counts as an epoch: up to there scripts count exactly, and room is left above
  /// for what Redis can count.
  static constexpr std::uint64_t kLargest = (std::uint64_t{1} << 53U) - 1;

  EpochKey(std::string name, std::chrono::milliseconds lifetime);

  [[nodiscard]] const std::string& name() const { return name_; }

  /// Asks for the epoch.
  [[nodiscard]] RedisCommand question() const;
  /// The epoch in the reply to the question, 0 if there is none. `kCorrupt` if the key holds
  /// something else, `kUnavailable` for an error reply.
  [[nodiscard]] Result<std::uint64_t> answer(const RespValue& reply) const;

  /// Makes the change in one step that no other command comes between, by a script.
  [[nodiscard]] RedisCommand script(Change change, std::uint64_t epoch) const;
  /// The epoch after the script. `kUnavailable` if it failed.
  [[nodiscard]] Result<std::uint64_t> after_script(const RespValue& reply) const;

  /// Tries to make the change for users who may run no scripts, after Redis has said that it is at
  /// `there`. Of several who bring back an older epoch at the same time each adds to it.
  [[nodiscard]] RedisCommand attempt(Change change, std::uint64_t epoch, std::uint64_t there) const;
  /// The epoch after the attempt, which has to be made again if that is too low. `kUnavailable` if
  /// it was refused.
  [[nodiscard]] Result<std::uint64_t> after_attempt(const RespValue& replies) const;

private:
  const std::string name_;
  const std::string lifetime_ms_;
};

}  // namespace refrain
