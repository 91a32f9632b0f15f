#include "support/sick_cluster.h"

#include "refrain/redis/client/cluster_slot.h"

#include "support/redis_addresses.h"

#include <algorithm>
#include <stdexcept>

namespace refrain::testing {

namespace {

// As docs/formats/redis.md says.
constexpr const char* kEpochKey = "refrain:1:text:epoch";

}  // namespace

std::vector<std::string> SickCluster::arguments() const {
  return {"--redis-mode", "cluster", "--redis-nodes", list_of(cluster_.addresses())};
}

std::size_t SickCluster::number_of(Master which) const {
  return cluster_.master_of(which == Master::kOfEpoch ? kEpochKey
                                                      : cluster_.key_elsewhere(kEpochKey));
}

std::vector<std::size_t> SickCluster::masters() const {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < RedisCluster::kNodes; ++i) {
    if (!cluster_.slots_of(i).empty()) all.push_back(i);
  }
  return all;
}

void SickCluster::kill(Master which) {
  harmed_ = number_of(which);
  cluster_.node(harmed_).kill();
}

void SickCluster::freeze(Master which) {
  harmed_ = number_of(which);
  cluster_.node(harmed_).freeze();
}

void SickCluster::kill_all_masters() {
  for (const std::size_t master : masters())
    cluster_.node(master).kill();
}

void SickCluster::freeze_all_masters() {
  for (const std::size_t master : masters())
    cluster_.node(master).freeze();
}

void SickCluster::wait_until_replaced() {
  cluster_.wait_until_replaced(harmed_);
}

void SickCluster::revive() {
  for (std::size_t i = 0; i < RedisCluster::kNodes; ++i) {
    RedisServer& node = cluster_.node(i);
    if (!node.is_running()) node.start();
    node.thaw();
  }
}

void SickCluster::fail_over(Master which) {
  harmed_ = number_of(which);
  const std::string key = which == Master::kOfEpoch ? kEpochKey : cluster_.key_elsewhere(kEpochKey);
  const RespValue reply = cluster_.node(cluster_.replica_of(key)).command({"CLUSTER", "FAILOVER"});
  if (reply.is_error()) throw std::runtime_error("no failover: " + reply.text());
}

void SickCluster::reshard(std::chrono::milliseconds span) {
  resharding_ = std::async(std::launch::async, [this, span] { move_slots(span); });
}

void SickCluster::move_slots(std::chrono::milliseconds span) {
  const auto end = std::chrono::steady_clock::now() + span;
  std::vector<std::uint16_t> slots = cluster_.slots_of(number_of(Master::kOfEpoch));
  const std::size_t target = number_of(Master::kOther);
  std::iter_swap(slots.begin(), std::find(slots.begin(), slots.end(), cluster_slot(kEpochKey)));
  slots.resize(slots.size() / 2);
  for (const std::uint16_t slot : slots) {
    if (std::chrono::steady_clock::now() > end) return;
    cluster_.move_slot(slot, target);
  }
}

void SickCluster::wait_until_resharded() {
  resharding_.get();
}

}  // namespace refrain::testing
