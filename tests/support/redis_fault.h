#pragma once

/// @file
/// What can be wrong with a Redis.

#include "support/sick_redis.h"

#include <chrono>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

namespace refrain::testing {

/// One way in which Redis, or the way to it, fails. The tests and the plots of docs/reliability.md
/// use the same ones.
struct RedisFault {
  using Begin = std::function<void(SickRedis&, std::chrono::milliseconds span)>;
  using End = std::function<void(SickRedis&)>;

  /// How much of Redis is left meanwhile.
  enum class Severity : std::uint8_t {
    kAway,     ///< Nothing: the breaker opens.
    kPassing,  ///< All but what was under way, or one key: the breaker may stay closed.
    kNoWrites  ///< Reading: it is read, and the breaker stays closed.
  };

  std::string name;   ///< In names of tests and files: `KilledAndRestarted`.
  std::string title;  ///< For people.
  Severity severity = Severity::kAway;
  Begin begin;  ///< `span`: how long it should last, for faults that end by themselves.
  End end;      ///< Returns when Redis is well again.
};

/// For messages of GoogleTest.
inline void PrintTo(const RedisFault& fault,
                    std::ostream* out) {  // NOLINT(readability-identifier-naming)
  *out << fault.title;
}

/// All of them.
const std::vector<RedisFault>& redis_faults();

}  // namespace refrain::testing
