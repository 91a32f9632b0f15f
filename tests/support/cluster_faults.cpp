#include "support/redis_fault.h"
#include "support/sick_cluster.h"

namespace refrain::testing {

namespace {

using std::chrono::milliseconds;
using Master = SickCluster::Master;
using Severity = RedisFault::Severity;

template <class Begin, class End>
RedisFault fault(std::string name, std::string title, Severity severity, Begin begin, End end) {
  return fault_of<SickCluster>(
      "Cluster" + std::move(name), std::move(title), severity, std::move(begin), std::move(end));
}

void add_losses(std::vector<RedisFault>& all) {
  const auto wait_until_replaced = [](SickCluster& redis) {
    redis.wait_until_replaced();
  };
  const auto revive = [](SickCluster& redis) {
    redis.revive();
  };
  const auto wake_the_replaced = [](SickCluster& redis) {
    redis.wait_until_replaced();
    redis.revive();
  };
  all.push_back(self_ending(fault(
      "MasterKilled",
      "kill -9 of a master, and its replica takes over",
      Severity::kPart,
      [](SickCluster& redis, milliseconds /*span*/) { redis.kill(Master::kOther); },
      wait_until_replaced)));
  all.push_back(self_ending(fault(
      "EpochMasterKilled",
      "kill -9 of the epoch's master, and its replica takes over",
      Severity::kPart,
      [](SickCluster& redis, milliseconds /*span*/) { redis.kill(Master::kOfEpoch); },
      wait_until_replaced)));
  all.push_back(self_ending(fault(
      "MasterFrozen",
      "SIGSTOP of the epoch's master, SIGCONT once it is replaced",
      Severity::kPart,
      [](SickCluster& redis, milliseconds /*span*/) { redis.freeze(Master::kOfEpoch); },
      wake_the_replaced)));
  all.push_back(fault(
      "AllMastersKilled",
      "kill -9 of all masters, then a start",
      Severity::kAllAway,
      [](SickCluster& redis, milliseconds /*span*/) { redis.kill_all_masters(); },
      revive));
  all.push_back(fault(
      "AllMastersFrozen",
      "SIGSTOP of all masters, then SIGCONT",
      Severity::kAllAway,
      [](SickCluster& redis, milliseconds /*span*/) { redis.freeze_all_masters(); },
      revive));
}

void add_maintenance(std::vector<RedisFault>& all) {
  all.push_back(self_ending(fault(
      "Resharded",
      "slots move to another master",
      Severity::kUnfelt,
      [](SickCluster& redis, milliseconds span) { redis.reshard(span); },
      [](SickCluster& redis) { redis.wait_until_resharded(); })));
  // The old master answers nobody until the new one has its data: some commands are overdue.
  all.push_back(self_ending(fault(
      "FailedOverByHand",
      "CLUSTER FAILOVER",
      Severity::kPassing,
      [](SickCluster& redis, milliseconds /*span*/) { redis.fail_over(Master::kOfEpoch); },
      [](SickCluster& redis) { redis.wait_until_replaced(); })));
  RedisFault back = self_ending(fault(
      "KilledMasterBack",
      "a master that was killed comes back as a replica",
      Severity::kUnfelt,
      [](SickCluster& redis, milliseconds /*span*/) { redis.revive(); },
      [](SickCluster& redis) { redis.cluster().wait_until_whole(); }));
  back.make = [] {
    auto redis = std::make_unique<SickCluster>();
    redis->kill(Master::kOfEpoch);
    redis->wait_until_replaced();
    return redis;
  };
  all.push_back(std::move(back));
}

}  // namespace

const std::vector<RedisFault>& cluster_faults() {
  static const std::vector<RedisFault> faults = [] {
    std::vector<RedisFault> all;
    add_losses(all);
    add_maintenance(all);
    return all;
  }();
  return faults;
}

}  // namespace refrain::testing
