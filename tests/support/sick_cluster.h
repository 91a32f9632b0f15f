#pragma once

/// @file
/// A Redis Cluster that can be made ill.

#include "support/redis_cluster.h"
#include "support/sick_redis.h"

#include <chrono>
#include <cstddef>
#include <future>
#include <string>
#include <vector>

namespace refrain::testing {

/// Three masters and their replicas. The master whose loss is the worst for a service is the one
/// that keeps the epoch's key; `kOther` is one that does not.
///
/// Thread safety: one thread drives it.
class SickCluster final : public SickRedis {
public:
  enum class Master : std::uint8_t { kOfEpoch, kOther };

  [[nodiscard]] std::vector<std::string> arguments() const override;

  [[nodiscard]] RedisCluster& cluster() { return cluster_; }

  /// These harm one master, which `wait_until_replaced` and the others mean from then on.
  void kill(Master which);
  void freeze(Master which);
  /// The same for all masters at once: nobody is left to vote for a replica.
  void kill_all_masters();
  void freeze_all_masters();

  /// Waits until the replica of the harmed master has its slots.
  void wait_until_replaced();
  /// Starts what was killed, and wakes what was frozen. It waits for nothing.
  void revive();

  /// Its replica takes over from a master that is well, as an operator does it for maintenance.
  void fail_over(Master which);

  /// Begins to move slots from the epoch's master to another one, its own slot first, for `span` or
  /// until half of them are moved.
  void reshard(std::chrono::milliseconds span);
  /// Waits until that is done.
  void wait_until_resharded();

private:
  [[nodiscard]] std::size_t number_of(Master which) const;
  [[nodiscard]] std::vector<std::size_t> masters() const;
  void move_slots(std::chrono::milliseconds span);

  RedisCluster cluster_;
  std::size_t harmed_ = 0;
  std::future<void> resharding_;  // last: it uses what stands above
};

}  // namespace refrain::testing
