#pragma once

/// @file
/// Which node of a cluster keeps which keys.

#include "refrain/core/result.h"
#include "refrain/redis/client/cluster_slot.h"
#include "refrain/redis/client/redis_address.h"
#include "refrain/redis/client/resp_value.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace refrain {

/// The shards of a cluster at one time: each a master with its replicas, and which slots are whose.
///
/// Thread safety: as a value. It is not changed once loops share it.
/// Invariant: shards stand in the order of their first slots, and so have other numbers when slots
/// move; those without slots come last.
class ClusterTopology {
public:
  struct Shard {
    RedisAddress master;
    std::vector<RedisAddress> replicas;
    std::size_t slots = 0;  ///< How many it has.
    std::size_t id = 0;     ///< Of the master, wherever the shard stands; 0 before `identify`.

    friend bool operator==(const Shard&, const Shard&) = default;
  };

  /// Nothing is known.
  ClusterTopology();

  /// What a node at `asked_host` replied to `CLUSTER SLOTS`; `kCorrupt` if it is no such reply,
  /// `kUnavailable` if no slot has a node. A node without a host of its own is at `asked_host`; one
  /// whose host nobody knows is left out.
  static Result<ClusterTopology> parse(const RespValue& reply, std::string_view asked_host);

  [[nodiscard]] const std::vector<Shard>& shards() const { return shards_; }
  [[nodiscard]] bool is_empty() const { return shards_.empty(); }

  /// The number of the shard that has `slot`; nothing if none has it. @pre `slot < kClusterSlots`.
  [[nodiscard]] std::optional<std::size_t> shard_of(std::uint16_t slot) const;

  /// Gives each shard the id that its master has in `known`, which takes in those that are new.
  void identify(std::map<RedisAddress, std::size_t>& known);

  /// The same with `slot` at `master`, a new shard if it is no master here.
  [[nodiscard]] ClusterTopology moved(std::uint16_t slot, const RedisAddress& master) const;

  friend bool operator==(const ClusterTopology&, const ClusterTopology&) = default;

private:
  static constexpr std::uint16_t kNobody = 0xffff;

  std::uint16_t shard_at(const RedisAddress& master);
  void sort();

  std::vector<Shard> shards_;
  std::array<std::uint16_t, kClusterSlots> owners_;  // numbers of shards, or kNobody
};

}  // namespace refrain
