#pragma once

/// @file
/// A Redis server of a test's own with a replica, and sentinels that watch both.

#include "refrain/redis/client/redis_address.h"

#include "support/redis_server.h"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace refrain::testing {

/// A master, a replica, and three sentinels that need two votes, on free ports of the loopback
/// address. A test may harm them: the next one that asks
/// for the shared ones finds them healed.
///
/// Thread safety: as far as no two threads start or stop anything.
class RedisSentinels {
public:
  static constexpr const char* kMasterName = "refrain";
  static constexpr std::size_t kSentinels = 3;

  /// Returns once a failover would succeed.
  RedisSentinels();
  RedisSentinels(const RedisSentinels&) = delete;
  RedisSentinels& operator=(const RedisSentinels&) = delete;

  /// One for all tests of the program, made when it is first asked for, whole and without a key.
  static RedisSentinels& shared();

  /// The server that is the master at present, as the first sentinel that is awake sees it.
  [[nodiscard]] RedisServer& master();
  [[nodiscard]] RedisServer& sentinel(std::size_t number) { return *sentinels_[number]; }
  /// Of the sentinels.
  [[nodiscard]] std::vector<RedisAddress> addresses() const;

  /// Waits until every sentinel that is awake names another master than `server`, and that is one.
  void wait_until_replaced(const RedisServer& server);
  /// Waits until nothing is missing: a master, its replica with its data, and sentinels that know
  /// both.
  void wait_until_whole();
  /// Takes the master's word from the sentinels: they take it for dead and can tell it nothing,
  /// while it goes on for everybody else. Until `heal`.
  void cut_master_off();

  /// Starts what does not run, and returns when all is as good as new.
  void heal();

private:
  [[nodiscard]] RedisServer& named_by(const RedisServer& sentinel) const;
  [[nodiscard]] bool is_replaced(const RedisServer& server) const;
  [[nodiscard]] bool is_whole() const;
  [[nodiscard]] bool looks_whole() const;
  [[nodiscard]] bool is_watched_well(const RedisServer& sentinel) const;

  std::vector<std::unique_ptr<RedisServer>> servers_;
  std::vector<std::unique_ptr<RedisServer>> sentinels_;
};

/// What the configuration file of a sentinel holds that watches `master` with `votes` needed.
std::string sentinel_config(const RedisServer& master, int votes);

}  // namespace refrain::testing
