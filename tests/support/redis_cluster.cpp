#include "support/redis_cluster.h"

#include "refrain/redis/client/cluster_slot.h"

#include "support/wait_until.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <thread>

namespace refrain::testing {

namespace {

// Long enough for a machine that is busy with other things; a failover takes about twice as long.
constexpr const char* kNodeTimeout = "2000";

constexpr int kStartAttempts = 5;

void expect_ok(const RespValue& reply) {
  if (reply.is_error()) throw std::runtime_error("the test cluster: " + reply.text());
}

}  // namespace

RedisCluster::RedisCluster() {
  while (nodes_.size() < kNodes)
    start_node();
  form();
}

void RedisCluster::start_node() {
  for (int attempt = 1;; ++attempt) {
    const std::uint16_t bus_port = RedisServer::free_port();
    const std::vector<std::string> arguments = {"--cluster-enabled",
                                                "yes",
                                                "--cluster-port",
                                                std::to_string(bus_port),
                                                "--cluster-node-timeout",
                                                kNodeTimeout,
                                                "--cluster-require-full-coverage",
                                                "no",
                                                "--cluster-allow-replica-migration",
                                                "no",
                                                "--cluster-replica-validity-factor",
                                                "0",
                                                "--repl-diskless-sync-delay",
                                                "0",
                                                // A replica shows itself after its first ping.
                                                "--repl-ping-replica-period",
                                                "1"};
    // Somebody else may have taken a port since it was found to be free.
    try {
      nodes_.push_back(std::make_unique<RedisServer>(arguments));
      bus_ports_.push_back(bus_port);
      return;
    } catch (const std::runtime_error&) {
      if (attempt == kStartAttempts) throw;
    }
  }
}

std::size_t RedisCluster::add_master() {
  start_node();
  const std::size_t added = nodes_.size() - 1;
  for (std::size_t i = 0; i < added; ++i)
    introduce(i, added);
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    wait_until("every node knows the new one", [&] { return knows_all(i) && is_well(i); });
  return added;
}

void RedisCluster::introduce(std::size_t number, std::size_t other) {
  const RedisEndpoint endpoint = nodes_[other]->tcp_endpoint();
  expect_ok(nodes_[number]->command({"CLUSTER",
                                     "MEET",
                                     endpoint.host,
                                     std::to_string(endpoint.port),
                                     std::to_string(bus_ports_[other])}));
}

RedisCluster& RedisCluster::shared() {
  static RedisCluster cluster;
  cluster.heal();
  // Replicas refuse, and follow their masters.
  for (const auto& node : cluster.nodes_)
    static_cast<void>(node->command({"FLUSHALL"}));
  return cluster;
}

void RedisCluster::form() {
  // Without an epoch of its own each would have to be given one, which takes time. It is set before
  // they know each other.
  for (std::size_t i = 0; i < kNodes; ++i)
    expect_ok(nodes_[i]->command({"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)}));
  // Everybody meets everybody: to wait until the word has spread takes seconds.
  for (std::size_t i = 0; i < kNodes; ++i) {
    for (std::size_t other = i + 1; other < kNodes; ++other)
      introduce(i, other);
  }
  for (std::size_t i = 0; i < kMasters; ++i) {
    const std::size_t begin = i * kClusterSlots / kMasters;
    const std::size_t end = (i + 1) * kClusterSlots / kMasters - 1;
    expect_ok(nodes_[i]->command(
        {"CLUSTER", "ADDSLOTSRANGE", std::to_string(begin), std::to_string(end)}));
  }
  for (std::size_t i = 0; i < kNodes; ++i)
    wait_until("every node knows every other", [&] { return knows_all(i); });
  for (std::size_t i = 0; i < kMasters; ++i)
    expect_ok(nodes_[kMasters + i]->command({"CLUSTER", "REPLICATE", id_of(i)}));
  wait_until_whole();
}

void RedisCluster::heal() {
  for (const auto& node : nodes_) {
    if (!node->is_running()) node->start();
    node->thaw();
  }
  wait_until_whole();
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    end_moves(i);
}

// A move that a failover overtook may leave its mark at a node: [<slot>-<-<other>] and the like.
void RedisCluster::end_moves(std::size_t number) {
  const std::string nodes = nodes_[number]->command({"CLUSTER", "NODES"}).text();
  const std::size_t own = nodes.find("myself");
  const std::string line = nodes.substr(own, nodes.find('\n', own) - own);
  for (std::size_t mark = line.find('['); mark != std::string::npos;
       mark = line.find('[', mark + 1)) {
    const std::string slot = line.substr(mark + 1, line.find('-', mark) - mark - 1);
    expect_ok(nodes_[number]->command({"CLUSTER", "SETSLOT", slot, "STABLE"}));
  }
}

void RedisCluster::wait_until_whole() const {
  wait_until("the cluster is whole", [&] { return is_whole(); });
}

void RedisCluster::wait_until_replaced(std::size_t number) const {
  wait_until("a replica has taken over", [&] { return is_replaced(number); });
}

bool RedisCluster::is_replaced(std::size_t number) const {
  const RedisAddress replaced = addresses()[number];
  for (const auto& node : nodes_) {
    if (!node->is_awake()) continue;
    const std::string info = node->command({"CLUSTER", "INFO"}).text();
    const auto seen = ClusterTopology::parse(node->command({"CLUSTER", "SLOTS"}), "127.0.0.1");
    if (!seen || info.find("cluster_slots_ok:16384") == std::string::npos) return false;
    for (const ClusterTopology::Shard& shard : seen->shards()) {
      if (shard.master == replaced) return false;
    }
  }
  return true;
}

bool RedisCluster::knows_all(std::size_t number) const {
  const std::string known = nodes_[number]->command({"CLUSTER", "NODES"}).text();
  return std::count(known.begin(), known.end(), '\n') ==
             static_cast<std::ptrdiff_t>(nodes_.size()) &&
         known.find("handshake") == std::string::npos && known.find("noaddr") == std::string::npos;
}

bool RedisCluster::is_linked(std::size_t number) const {
  const std::string info = nodes_[number]->command({"INFO", "replication"}).text();
  return info.find("role:master") != std::string::npos ||
         info.find("master_link_status:up") != std::string::npos;
}

bool RedisCluster::is_well(std::size_t number) const {
  const std::string info = nodes_[number]->command({"CLUSTER", "INFO"}).text();
  return info.find("cluster_state:ok") != std::string::npos &&
         info.find("cluster_slots_ok:16384") != std::string::npos;
}

bool RedisCluster::is_whole() const {
  std::optional<ClusterTopology> agreed;
  for (std::size_t i = 0; i < kNodes; ++i) {
    const auto seen = ClusterTopology::parse(nodes_[i]->command({"CLUSTER", "SLOTS"}), "127.0.0.1");
    if (!is_well(i) || !seen || !is_linked(i)) return false;
    if (!agreed) agreed = *seen;
    const std::vector<ClusterTopology::Shard>& shards = seen->shards();
    for (std::size_t shard = 0; shard < shards.size(); ++shard) {
      // In which order a node names replicas is its own affair.
      if (shards.size() != kMasters || shards[shard].replicas.size() != 1 ||
          shards[shard] != agreed->shards()[shard])
        return false;
    }
  }
  return true;
}

std::vector<RedisAddress> RedisCluster::addresses() const {
  std::vector<RedisAddress> addresses;
  for (const auto& node : nodes_) {
    RedisAddress address;
    address.host = node->tcp_endpoint().host;
    address.port = node->tcp_endpoint().port;
    addresses.push_back(address);
  }
  return addresses;
}

ClusterTopology RedisCluster::topology() const {
  for (const auto& node : nodes_) {
    if (!node->is_awake()) continue;
    auto seen = ClusterTopology::parse(node->command({"CLUSTER", "SLOTS"}), "127.0.0.1");
    if (seen) return std::move(*seen);
  }
  throw std::runtime_error("no node of the test cluster says how it is arranged");
}

std::size_t RedisCluster::number_of(const RedisAddress& address) const {
  const std::vector<RedisAddress> all = addresses();
  const auto found = std::find(all.begin(), all.end(), address);
  if (found == all.end()) throw std::runtime_error("a node of another cluster");
  return static_cast<std::size_t>(found - all.begin());
}

std::size_t RedisCluster::master_of(std::string_view key) const {
  const ClusterTopology seen = topology();
  const std::optional<std::size_t> shard = seen.shard_of(cluster_slot(key));
  if (!shard) throw std::runtime_error("a slot without a master");
  return number_of(seen.shards()[*shard].master);
}

std::size_t RedisCluster::replica_of(std::string_view key) const {
  const ClusterTopology seen = topology();
  const std::optional<std::size_t> shard = seen.shard_of(cluster_slot(key));
  if (!shard || seen.shards()[*shard].replicas.empty())
    throw std::runtime_error("a slot without a replica");
  return number_of(seen.shards()[*shard].replicas.front());
}

std::vector<std::uint16_t> RedisCluster::slots_of(std::size_t number) const {
  const ClusterTopology seen = topology();
  const RedisAddress address = addresses()[number];
  std::vector<std::uint16_t> slots;
  for (std::uint16_t slot = 0; slot < kClusterSlots; ++slot) {
    const std::optional<std::size_t> shard = seen.shard_of(slot);
    if (shard && seen.shards()[*shard].master == address) slots.push_back(slot);
  }
  return slots;
}

std::string RedisCluster::key_elsewhere(std::string_view other, int tag) const {
  const std::size_t avoided = master_of(other);
  for (int i = 0;; ++i) {
    std::string key = std::to_string(tag) + ":" + std::to_string(i);
    if (master_of(key) != avoided) return key;
  }
}

std::string RedisCluster::id_of(std::size_t number) const {
  return nodes_[number]->command({"CLUSTER", "MYID"}).text();
}

void RedisCluster::move_slot(std::uint16_t slot,
                             std::size_t to,
                             const std::function<void()>& on_moved_keys) {
  const ClusterTopology seen = topology();
  const std::optional<std::size_t> shard = seen.shard_of(slot);
  if (!shard) throw std::runtime_error("a slot without a master");
  const std::size_t from = number_of(seen.shards()[*shard].master);
  const std::string number = std::to_string(slot);
  const RedisEndpoint target = nodes_[to]->tcp_endpoint();
  expect_ok(nodes_[to]->command({"CLUSTER", "SETSLOT", number, "IMPORTING", id_of(from)}));
  expect_ok(nodes_[from]->command({"CLUSTER", "SETSLOT", number, "MIGRATING", id_of(to)}));
  while (true) {
    const RespValue keys = nodes_[from]->command({"CLUSTER", "GETKEYSINSLOT", number, "10"});
    if (keys.elements().empty()) break;
    std::vector<std::string> migrate = {
        "MIGRATE", target.host, std::to_string(target.port), "", "0", "20000", "KEYS"};
    for (const RespValue& key : keys.elements())
      migrate.push_back(key.text());
    expect_ok(nodes_[from]->command(migrate));
  }
  on_moved_keys();
  expect_ok(nodes_[to]->command({"CLUSTER", "SETSLOT", number, "NODE", id_of(to)}));
  expect_ok(nodes_[from]->command({"CLUSTER", "SETSLOT", number, "NODE", id_of(to)}));
}

}  // namespace refrain::testing
