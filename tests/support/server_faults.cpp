#include "support/redis_fault.h"
#include "support/sick_server.h"

#include <utility>

namespace refrain::testing {

namespace {

using std::chrono::milliseconds;
using Severity = RedisFault::Severity;
using Way = FaultProxy::Way;

void heal(SickServer& redis) {
  redis.proxy().heal();
}

void set_both_ways(SickServer& redis, const FaultProxy::Faults& faults) {
  redis.proxy().set(Way::kToServer, faults);
  redis.proxy().set(Way::kToClient, faults);
}

template <class Begin, class End>
RedisFault fault(std::string name, std::string title, Severity severity, Begin begin, End end) {
  return fault_of<SickServer>(
      std::move(name), std::move(title), severity, std::move(begin), std::move(end));
}

// The server is told: these need no network to go wrong.
RedisFault commanded(std::string name,
                     std::string title,
                     Severity severity,
                     std::vector<std::vector<std::string>> at_begin,
                     std::vector<std::vector<std::string>> at_end) {
  auto send = [](SickServer& redis, const std::vector<std::vector<std::string>>& commands) {
    for (const std::vector<std::string>& command : commands)
      redis.server().command(command);
  };
  return fault(
      std::move(name),
      std::move(title),
      severity,
      [send, at_begin = std::move(at_begin)](SickServer& redis, milliseconds /*span*/) {
        send(redis, at_begin);
      },
      [send, at_end = std::move(at_end)](SickServer& redis) { send(redis, at_end); });
}

// The network is bad in both ways.
RedisFault network(std::string name, std::string title, const FaultProxy::Faults& faults) {
  return fault(
      std::move(name),
      std::move(title),
      Severity::kAway,
      [faults](SickServer& redis, milliseconds /*span*/) { set_both_ways(redis, faults); },
      heal);
}

void add_processes(std::vector<RedisFault>& all) {
  all.push_back(fault(
      "KilledAndRestarted",
      "kill -9, then a start",
      Severity::kAway,
      [](SickServer& redis, milliseconds /*span*/) { redis.server().kill(); },
      [](SickServer& redis) { redis.server().start(); }));
  all.push_back(fault(
      "Frozen",
      "SIGSTOP, then SIGCONT",
      Severity::kAway,
      [](SickServer& redis, milliseconds /*span*/) { redis.server().freeze(); },
      [](SickServer& redis) { redis.server().thaw(); }));
  all.push_back(fault(
      "Paused",
      "CLIENT PAUSE",
      Severity::kAway,
      [](SickServer& redis, milliseconds span) {
        redis.server().command({"CLIENT", "PAUSE", std::to_string(span.count()), "ALL"});
      },
      [](SickServer& redis) { redis.server().command({"PING"}); }));
  all.push_back(fault(
      "Reloading",
      "LOADING, on connections that are there",
      Severity::kAway,
      [](SickServer& redis, milliseconds span) { redis.reload(span); },
      [](SickServer& redis) { redis.wait_until_loaded(); }));
  all.push_back(fault(
      "LoadingAfterACrash",
      "kill -9, then LOADING",
      Severity::kAway,
      [](SickServer& redis, milliseconds span) { redis.crash_and_load(span); },
      [](SickServer& redis) { redis.wait_until_loaded(); }));
}

void add_refusals(std::vector<RedisFault>& all) {
  all.push_back(commanded(
      "Full",
      "maxmemory reached, noeviction",
      Severity::kNoWrites,
      {{"CONFIG", "SET", "maxmemory-policy", "noeviction"}, {"CONFIG", "SET", "maxmemory", "1"}},
      {{"CONFIG", "SET", "maxmemory", "0"}, {"CONFIG", "SET", "maxmemory-policy", "allkeys-lfu"}}));
  all.push_back(commanded("ReadOnly",
                          "REPLICAOF: read-only",
                          Severity::kNoWrites,
                          {{"REPLICAOF", "127.0.0.1", "1"}},
                          {{"REPLICAOF", "NO", "ONE"}}));
  all.push_back(commanded(
      "ReplicaWithoutItsMaster",
      "REPLICAOF: MASTERDOWN",
      Severity::kAway,
      {{"CONFIG", "SET", "replica-serve-stale-data", "no"}, {"REPLICAOF", "127.0.0.1", "1"}},
      {{"REPLICAOF", "NO", "ONE"}, {"CONFIG", "SET", "replica-serve-stale-data", "yes"}}));
  all.push_back(commanded(
      "PasswordChanged",
      "the password is changed, connections are closed",
      Severity::kAway,
      {{"ACL", "SETUSER", "refrain", "resetpass", ">other"}, {"CLIENT", "KILL", "USER", "refrain"}},
      {{"ACL", "SETUSER", "refrain", "resetpass", ">secret"}}));
  all.push_back(commanded("UserDeleted",
                          "ACL DELUSER",
                          Severity::kAway,
                          {{"ACL", "DELUSER", "refrain"}},
                          {{"ACL", "SETUSER", "refrain", "on", ">secret", "~*", "&*", "+@all"}}));
  all.push_back(commanded("ReadingForbidden",
                          "the user may not read any more",
                          Severity::kAway,
                          {{"ACL", "SETUSER", "refrain", "-get", "-getrange"}},
                          {{"ACL", "SETUSER", "refrain", "+get", "+getrange"}}));
  all.push_back(fault(
      "HugeValue",
      "a value of 512 MiB under a hot key",
      Severity::kPassing,
      [](SickServer& redis, milliseconds /*span*/) { redis.bloat_hottest_value(); },
      [](SickServer& redis) { redis.wait_until_slim(); }));
}

void add_networks(std::vector<RedisFault>& all) {
  FaultProxy::Faults slow;
  slow.latency = milliseconds(100);
  all.push_back(network("SlowNetwork", "200 ms of latency", slow));
  FaultProxy::Faults trickle;
  trickle.is_trickling = true;
  all.push_back(network("Trickle", "one byte a millisecond", trickle));
  FaultProxy::Faults stalled;
  stalled.is_stalled = true;
  all.push_back(network("Stalled", "nothing gets through", stalled));
  FaultProxy::Faults early;
  early.reset_after_bytes = 20;
  all.push_back(fault(
      "ResetInTheLogIn",
      "every connection is reset after 20 bytes",
      Severity::kAway,
      [early](SickServer& redis, milliseconds /*span*/) {
        set_both_ways(redis, early);
        redis.proxy().reset_all();
      },
      heal));
  FaultProxy::Faults late;
  late.reset_after_bytes = 5000;
  RedisFault resets =
      network("ResetAgainAndAgain", "every connection is reset after 5000 bytes", late);
  resets.severity = Severity::kPassing;
  all.push_back(std::move(resets));
  all.push_back(fault(
      "Unreachable",
      "connections are reset and refused",
      Severity::kAway,
      [](SickServer& redis, milliseconds /*span*/) {
        redis.proxy().refuse();
        redis.proxy().reset_all();
      },
      heal));
  all.push_back(fault(
      "HalfClosed",
      "the server's side of each connection ends",
      Severity::kPassing,
      [](SickServer& redis, milliseconds /*span*/) { redis.proxy().half_close(Way::kToClient); },
      heal));
  all.push_back(fault(
      "Garbage",
      "foreign bytes among the replies",
      Severity::kPassing,
      [](SickServer& redis, milliseconds /*span*/) {
        redis.proxy().inject(Way::kToClient, "\x16\x03\x01garbage\r\n");
      },
      heal));
  // Every later reply reaches the command before its own, until nobody waits and one is left over.
  all.push_back(fault(
      "ReplyTooMany",
      "a reply that nobody asked for among the others",
      Severity::kPassing,
      [](SickServer& redis, milliseconds /*span*/) {
        redis.proxy().inject(Way::kToClient, "$-1\r\n");
      },
      heal));
}

}  // namespace

const std::vector<RedisFault>& server_faults() {
  static const std::vector<RedisFault> faults = [] {
    std::vector<RedisFault> all;
    add_processes(all);
    add_refusals(all);
    add_networks(all);
    return all;
  }();
  return faults;
}

}  // namespace refrain::testing
