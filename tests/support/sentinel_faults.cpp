#include "support/redis_fault.h"
#include "support/sick_sentinels.h"

namespace refrain::testing {

namespace {

using std::chrono::milliseconds;
using Severity = RedisFault::Severity;

template <class Begin, class End>
RedisFault fault(std::string name, std::string title, Severity severity, Begin begin, End end) {
  return fault_of<SickSentinels>(
      std::move(name), std::move(title), severity, std::move(begin), std::move(end));
}

void add_masters(std::vector<RedisFault>& all) {
  all.push_back(self_ending(fault(
      "SentinelMasterKilled",
      "kill -9 of the master, and the sentinels' failover",
      Severity::kAway,
      [](SickSentinels& redis, milliseconds /*span*/) { redis.first_master().kill(); },
      [](SickSentinels& redis) { redis.wait_until_replaced(); })));
  all.push_back(self_ending(fault(
      "SentinelMasterFrozen",
      "SIGSTOP of the master, SIGCONT once it is replaced",
      Severity::kAway,
      [](SickSentinels& redis, milliseconds /*span*/) { redis.first_master().freeze(); },
      [](SickSentinels& redis) {
        redis.wait_until_replaced();
        redis.first_master().thaw();
      })));
  all.push_back(self_ending(fault(
      "SentinelMasterCutOff",
      "a master that the sentinels cannot reach, and services can",
      Severity::kPassing,
      [](SickSentinels& redis, milliseconds /*span*/) { redis.sentinels().cut_master_off(); },
      [](SickSentinels& redis) { redis.wait_until_replaced(); })));
  all.push_back(self_ending(fault(
      "SentinelFailedOverByHand",
      "SENTINEL FAILOVER",
      Severity::kPassing,
      [](SickSentinels& redis, milliseconds /*span*/) { redis.fail_over(); },
      [](SickSentinels& redis) { redis.wait_until_replaced(); })));
}

void add_sentinels(std::vector<RedisFault>& all) {
  const auto start = [](SickSentinels& redis) {
    redis.start_sentinels();
  };
  all.push_back(fault(
      "OneSentinelKilled",
      "kill -9 of one sentinel",
      Severity::kUnfelt,
      [](SickSentinels& redis, milliseconds /*span*/) { redis.kill_sentinels(1); },
      start));
  all.push_back(fault(
      "AllSentinelsKilled",
      "kill -9 of all sentinels",
      Severity::kUnfelt,
      [](SickSentinels& redis, milliseconds /*span*/) {
        redis.kill_sentinels(RedisSentinels::kSentinels);
      },
      start));
}

}  // namespace

const std::vector<RedisFault>& sentinel_faults() {
  static const std::vector<RedisFault> faults = [] {
    std::vector<RedisFault> all;
    add_masters(all);
    add_sentinels(all);
    return all;
  }();
  return faults;
}

}  // namespace refrain::testing
