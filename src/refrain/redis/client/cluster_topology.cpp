#include "refrain/redis/client/cluster_topology.h"

#include <algorithm>
#include <string>
#include <utility>

namespace refrain {

namespace {

// A node as CLUSTER SLOTS writes it: host, port, and what does not matter here. Redis 7 has "?" for
// a host that nobody knows.
std::optional<RedisAddress> parse_node(const RespValue& node, std::string_view asked_host) {
  const std::vector<RespValue>& parts = node.elements();
  if (parts.size() < 2 || parts[1].integer() <= 0 || parts[1].integer() > 65'535)
    return std::nullopt;
  const std::string& host = parts[0].text();
  if (host == "?") return std::nullopt;
  RedisAddress address;
  address.host = host.empty() ? std::string(asked_host) : host;
  address.port = static_cast<std::uint16_t>(parts[1].integer());
  return address;
}

bool is_range(const RespValue& range) {
  const std::vector<RespValue>& parts = range.elements();
  return parts.size() >= 3 && parts[0].type() == RespType::kInteger &&
         parts[1].type() == RespType::kInteger && parts[0].integer() >= 0 &&
         parts[0].integer() <= parts[1].integer() &&
         parts[1].integer() < static_cast<std::int64_t>(kClusterSlots);
}

}  // namespace

ClusterTopology::ClusterTopology() : owners_() {
  owners_.fill(kNobody);
}

Result<ClusterTopology> ClusterTopology::parse(const RespValue& reply,
                                               std::string_view asked_host) {
  if (reply.type() != RespType::kArray)
    return fail(ErrorCode::kCorrupt, "CLUSTER SLOTS was answered by: " + reply.text());
  ClusterTopology topology;
  for (const RespValue& range : reply.elements()) {
    if (!is_range(range))
      return fail(ErrorCode::kCorrupt, "CLUSTER SLOTS named a range of slots that is none");
    const std::vector<RespValue>& parts = range.elements();
    const std::optional<RedisAddress> master = parse_node(parts[2], asked_host);
    if (!master) continue;
    const std::uint16_t number = topology.shard_at(*master);
    Shard& shard = topology.shards_[number];
    for (std::int64_t slot = parts[0].integer(); slot <= parts[1].integer(); ++slot)
      topology.owners_[static_cast<std::size_t>(slot)] = number;
    for (std::size_t i = 3; i < parts.size(); ++i) {
      const std::optional<RedisAddress> replica = parse_node(parts[i], asked_host);
      if (replica &&
          std::find(shard.replicas.begin(), shard.replicas.end(), *replica) == shard.replicas.end())
        shard.replicas.push_back(*replica);
    }
  }
  if (topology.is_empty())
    return fail(ErrorCode::kUnavailable, "no slot of the cluster has a node");
  topology.sort();
  return topology;
}

std::optional<std::size_t> ClusterTopology::shard_of(std::uint16_t slot) const {
  const std::uint16_t number = owners_[slot];
  if (number == kNobody) return std::nullopt;
  return number;
}

ClusterTopology ClusterTopology::moved(std::uint16_t slot, const RedisAddress& master) const {
  ClusterTopology topology = *this;
  topology.owners_[slot] = topology.shard_at(master);
  topology.sort();
  return topology;
}

void ClusterTopology::identify(std::map<RedisAddress, std::size_t>& known) {
  for (Shard& shard : shards_)
    shard.id = known.try_emplace(shard.master, known.size()).first->second;
}

// The number of the shard of `master`, which is made if need be.
std::uint16_t ClusterTopology::shard_at(const RedisAddress& master) {
  const auto found = std::find_if(
      shards_.begin(), shards_.end(), [&](const Shard& shard) { return shard.master == master; });
  const auto number = static_cast<std::uint16_t>(found - shards_.begin());
  if (found != shards_.end()) return number;
  Shard shard;
  shard.master = master;
  shards_.push_back(std::move(shard));
  return number;
}

void ClusterTopology::sort() {
  std::vector<std::uint16_t> new_number(shards_.size(), kNobody);
  std::vector<std::size_t> slots(shards_.size(), 0);
  std::uint16_t next = 0;
  for (const std::uint16_t owner : owners_) {
    if (owner == kNobody) continue;
    ++slots[owner];
    if (new_number[owner] == kNobody) new_number[owner] = next++;
  }
  std::vector<Shard> sorted(shards_.size());
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    shards_[i].slots = slots[i];
    if (new_number[i] == kNobody) new_number[i] = next++;
    sorted[new_number[i]] = std::move(shards_[i]);
  }
  shards_ = std::move(sorted);
  for (std::uint16_t& owner : owners_)
    owner = owner == kNobody ? kNobody : new_number[owner];
}

}  // namespace refrain
