#pragma once

/// @file
/// A Redis Cluster of a test's own.

#include "refrain/redis/client/cluster_topology.h"
#include "refrain/redis/client/redis_address.h"

#include "support/redis_server.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace refrain::testing {

/// Three masters with a replica each, on free ports of the loopback address, which answer for the
/// slots they have also while others are missing. A test may harm it: the next one that asks for
/// the shared one finds it healed.
///
/// Thread safety: as far as no two threads start, stop or rearrange anything.
class RedisCluster {
public:
  static constexpr std::size_t kMasters = 3;
  static constexpr std::size_t kNodes = 2 * kMasters;

  /// Returns once every slot has its master and every replica its master's data.
  RedisCluster();
  RedisCluster(const RedisCluster&) = delete;
  RedisCluster& operator=(const RedisCluster&) = delete;

  /// One for all tests of the program, made when it is first asked for, whole and without a key.
  static RedisCluster& shared();

  [[nodiscard]] RedisServer& node(std::size_t number) { return *nodes_[number]; }
  /// Of every node.
  [[nodiscard]] std::vector<RedisAddress> addresses() const;

  /// The number of the master that keeps `key`, as the running nodes see it.
  [[nodiscard]] std::size_t master_of(std::string_view key) const;
  /// A running replica of the same.
  [[nodiscard]] std::size_t replica_of(std::string_view key) const;
  /// The slots that master `number` keeps, in order.
  [[nodiscard]] std::vector<std::uint16_t> slots_of(std::size_t number) const;
  /// A key of which another master than that of `other` is in charge; a new one for each `tag`.
  [[nodiscard]] std::string key_elsewhere(std::string_view other, int tag = 0) const;

  /// Moves a slot with its keys as `redis-cli --cluster reshard` does. `on_moved_keys` is called
  /// when the keys are at their new master, but the slot still belongs to the old one.
  void
  move_slot(std::uint16_t slot, std::size_t to, const std::function<void()>& on_moved_keys = [] {});

  /// One more node, without a slot, which the others know; its number. Not for the shared cluster.
  std::size_t add_master();
  /// Waits until every node that is awake knows other masters for all slots of node `number`.
  void wait_until_replaced(std::size_t number) const;
  /// Waits until nothing is missing: every master, and every replica with its master's data.
  void wait_until_whole() const;

  /// Starts what does not run, and returns when the cluster is as good as new.
  void heal();

private:
  void start_node();
  void introduce(std::size_t number, std::size_t other);
  void form();
  void end_moves(std::size_t number);
  [[nodiscard]] ClusterTopology topology() const;
  [[nodiscard]] std::size_t number_of(const RedisAddress& address) const;
  [[nodiscard]] std::string id_of(std::size_t number) const;
  /// Whether a node says that it and all slots are.
  [[nodiscard]] bool is_well(std::size_t number) const;
  [[nodiscard]] bool is_whole() const;
  [[nodiscard]] bool is_replaced(std::size_t number) const;
  [[nodiscard]] bool knows_all(std::size_t number) const;
  [[nodiscard]] bool is_linked(std::size_t number) const;

  std::vector<std::unique_ptr<RedisServer>> nodes_;
  std::vector<std::uint16_t> bus_ports_;
};

}  // namespace refrain::testing
