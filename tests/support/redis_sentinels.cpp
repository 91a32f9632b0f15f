#include "support/redis_sentinels.h"

#include "refrain/redis/client/resp_value.h"

#include "support/redis_cluster.h"
#include "support/wait_until.h"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string_view>

namespace refrain::testing {

namespace {

bool is_master(const RedisServer& server) {
  return server.command({"ROLE"}).elements().front().text() == "master";
}

// Names and values in turn.
std::map<std::string, std::string> fields_of(const RespValue& reply) {
  std::map<std::string, std::string> fields;
  for (std::size_t i = 0; i + 1 < reply.elements().size(); i += 2)
    fields[reply.elements()[i].text()] = reply.elements()[i + 1].text();
  return fields;
}

}  // namespace

std::string sentinel_config(const RedisServer& master, int votes) {
  const std::string name = RedisSentinels::kMasterName;
  const RedisEndpoint endpoint = master.tcp_endpoint();
  return "sentinel monitor " + name + " " + endpoint.host + " " + std::to_string(endpoint.port) +
         " " + std::to_string(votes) + "\nsentinel down-after-milliseconds " + name +
         " 2000\nsentinel failover-timeout " + name + " 10000\n";
}

RedisSentinels::RedisSentinels() {
  const std::vector<std::string> brisk = {"--repl-diskless-sync-delay", "0"};
  servers_.push_back(std::make_unique<RedisServer>(brisk));
  const RedisEndpoint master = servers_[0]->tcp_endpoint();
  std::vector<std::string> replica = brisk;
  replica.insert(replica.end(), {"--replicaof", master.host, std::to_string(master.port)});
  servers_.push_back(std::make_unique<RedisServer>(replica));
  for (std::size_t i = 0; i < kSentinels; ++i)
    sentinels_.push_back(std::make_unique<RedisServer>(std::vector<std::string>{"--sentinel"},
                                                       sentinel_config(*servers_[0], 2)));
  wait_until_whole();
}

RedisSentinels& RedisSentinels::shared() {
  static RedisSentinels sentinels;
  sentinels.heal();
  sentinels.master().command({"FLUSHALL"});
  return sentinels;
}

void RedisSentinels::cut_master_off() {
  // They have no other user, and these are what they would be answered, and would demote it, by.
  master().command({"ACL", "SETUSER", "default", "-ping", "-multi", "-slaveof", "-replicaof"});
}

void RedisSentinels::heal() {
  for (auto* const group : {&servers_, &sentinels_}) {
    for (const auto& server : *group) {
      if (!server->is_running()) server->start();
      server->thaw();
    }
  }
  for (const auto& server : servers_)
    server->command({"ACL", "SETUSER", "default", "+@all"});
  wait_until_whole();
}

void RedisSentinels::wait_until_whole() {
  wait_until("the sentinels know everybody", [this] { return is_whole(); });
}

void RedisSentinels::wait_until_replaced(const RedisServer& server) {
  wait_until("another server has become the master", [&] { return is_replaced(server); });
}

bool RedisSentinels::is_replaced(const RedisServer& server) const {
  return std::all_of(sentinels_.begin(), sentinels_.end(), [&](const auto& sentinel) {
    if (!sentinel->is_awake()) return true;
    const RedisServer& named = named_by(*sentinel);
    return &named != &server && is_master(named);
  });
}

bool RedisSentinels::is_whole() const {
  // Who makes a server a replica closes the connections of its clients, and so ours.
  try {
    return looks_whole();
  } catch (const std::runtime_error&) {
    return false;
  }
}

bool RedisSentinels::looks_whole() const {
  std::size_t masters = 0;
  for (const auto& server : servers_) {
    const bool is_a_master = is_master(*server);
    masters += is_a_master ? 1 : 0;
    const std::string info = server->command({"INFO", "replication"}).text();
    if (!is_a_master && info.find("master_link_status:up") == std::string::npos) return false;
  }
  return masters == 1 &&
         std::all_of(sentinels_.begin(), sentinels_.end(), [this](const auto& sentinel) {
           return is_watched_well(*sentinel);
         });
}

bool RedisSentinels::is_watched_well(const RedisServer& sentinel) const {
  auto master = fields_of(sentinel.command({"SENTINEL", "MASTER", kMasterName}));
  const RespValue replicas = sentinel.command({"SENTINEL", "REPLICAS", kMasterName});
  return master["flags"] == "master" &&
         master["num-other-sentinels"] == std::to_string(kSentinels - 1) &&
         replicas.elements().size() == 1 &&
         fields_of(replicas.elements().front())["flags"] == "slave";
}

RedisServer& RedisSentinels::named_by(const RedisServer& sentinel) const {
  const RespValue found = sentinel.command({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", kMasterName});
  for (const auto& server : servers_) {
    if (found.elements().at(1).text() == std::to_string(server->tcp_endpoint().port))
      return *server;
  }
  throw std::runtime_error("the sentinels name a server of somebody else");
}

RedisServer& RedisSentinels::master() {
  for (const auto& sentinel : sentinels_) {
    if (sentinel->is_awake()) return named_by(*sentinel);
  }
  throw std::runtime_error("there is no sentinel to ask");
}

std::vector<RedisAddress> RedisSentinels::addresses() const {
  std::vector<RedisAddress> addresses;
  for (const auto& sentinel : sentinels_)
    addresses.push_back(address_of(*sentinel));
  return addresses;
}

}  // namespace refrain::testing
