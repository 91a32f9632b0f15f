#pragma once

/// @file
/// A Redis that sentinels watch, and that can be made ill.

#include "support/redis_sentinels.h"
#include "support/sick_redis.h"

#include <cstddef>
#include <string>
#include <vector>

namespace refrain::testing {

/// A master, its replica, and three sentinels.
///
/// Thread safety: one thread drives it.
class SickSentinels final : public SickRedis {
public:
  SickSentinels() : master_(&sentinels_.master()) {}

  [[nodiscard]] std::vector<std::string> arguments() const override;

  [[nodiscard]] RedisSentinels& sentinels() { return sentinels_; }
  /// The server that was the master at first.
  [[nodiscard]] RedisServer& first_master() { return *master_; }

  /// Waits until the sentinels have made the replica the master in the place of the first one.
  void wait_until_replaced() { sentinels_.wait_until_replaced(*master_); }
  /// Whether the first master has become a replica.
  [[nodiscard]] bool is_demoted() const;
  /// The first so many sentinels.
  void kill_sentinels(std::size_t count);
  void start_sentinels();
  /// As an operator does it for maintenance.
  void fail_over();

private:
  RedisSentinels sentinels_;
  RedisServer* master_;
};

}  // namespace refrain::testing
