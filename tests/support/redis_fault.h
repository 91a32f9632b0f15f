#pragma once

/// @file
/// What can be wrong with a Redis.

#include "support/sick_redis.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace refrain::testing {

/// One way in which a Redis, or the way to it, fails. The tests and the plots of
/// docs/reliability.md use the same ones.
struct RedisFault {
  using Make = std::function<std::unique_ptr<SickRedis>()>;
  using Begin = std::function<void(SickRedis&, std::chrono::milliseconds span)>;
  using End = std::function<void(SickRedis&)>;

  /// How much of Redis is left meanwhile.
  enum class Severity : std::uint8_t {
    kAway,      ///< Nothing: the breaker opens.
    kAllAway,   ///< Nothing of several servers: there is nobody to ask.
    kPart,      ///< The keys of other servers, which answer all the time.
    kPassing,   ///< All but what was under way, or one key: the breaker may stay closed.
    kNoWrites,  ///< Reading: it is read, and the breaker stays closed.
    kUnfelt     ///< Everything: no command fails.
  };

  std::string name;   ///< In names of tests and files: `KilledAndRestarted`.
  std::string title;  ///< For people.
  Severity severity = Severity::kAway;
  Make make;    ///< The Redis that it befalls.
  Begin begin;  ///< `span`: how long it should last, for faults that end by themselves.
  End end;      ///< Returns when Redis is well again.
  /// Redis ends it, at its own time: `end` may follow upon `begin`, and waits for that.
  bool is_self_ending = false;
};

/// For messages of GoogleTest.
inline void PrintTo(const RedisFault& fault,
                    std::ostream* out) {  // NOLINT(readability-identifier-naming)
  *out << fault.title;
}

/// The same fault as one that Redis ends.
inline RedisFault self_ending(RedisFault fault) {
  fault.is_self_ending = true;
  return fault;
}

/// A fault of `Kind`, a kind of `SickRedis`: `begin` takes one and the span, `end` takes one.
template <class Kind, class Begin, class End>
RedisFault fault_of(std::string name,
                    std::string title,
                    RedisFault::Severity severity,
                    Begin begin,
                    End end) {
  RedisFault made;
  made.name = std::move(name);
  made.title = std::move(title);
  made.severity = severity;
  made.make = [] {
    return std::make_unique<Kind>();
  };
  made.begin = [begin = std::move(begin)](SickRedis& redis, std::chrono::milliseconds span) {
    begin(dynamic_cast<Kind&>(redis), span);
  };
  made.end = [end = std::move(end)](SickRedis& redis) {
    end(dynamic_cast<Kind&>(redis));
  };
  return made;
}

/// Of a single server, a cluster, and a server that sentinels watch.
const std::vector<RedisFault>& server_faults();
const std::vector<RedisFault>& cluster_faults();
const std::vector<RedisFault>& sentinel_faults();

/// All of these.
const std::vector<RedisFault>& redis_faults();

}  // namespace refrain::testing
