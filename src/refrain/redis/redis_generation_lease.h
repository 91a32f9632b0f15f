#pragma once

/// @file
/// Whose turn it is to generate, written down in Redis.

#include "refrain/cache/generation_lease.h"
#include "refrain/core/log.h"
#include "refrain/core/result.h"
#include "refrain/core/task.h"
#include "refrain/redis/client/redis_command.h"
#include "refrain/redis/client/resp_value.h"
#include "refrain/redis/redis_cache.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace refrain {

/// A lease for each key that is being generated: a Redis key that holds the token of the one whose
/// turn it is, and that expires unless its holder says that it still works. Keys and commands:
/// docs/formats/redis.md.
///
/// Only the holder of a token releases or renews its lease. That takes a script of one line; to a
/// user who may not run scripts no lease is given, and the log says so once.
///
/// Who wants a turn waits for no reply longer than for that of any other command: the tier's soft
/// budget. Without one in time nobody can be asked.
///
/// Time is real, as the server's is.
///
/// Thread safety: as `GenerationLease`; coroutines run on one of the loops of the Redis tier.
/// Ownership: the tier and the log outlive the lease, and what the loops still hold of it.
class RedisGenerationLease final : public GenerationLease {
public:
  struct Options {
    /// How long a lease outlives its holder. Longer: holders may be held up for longer before they
    /// lose it; others wait longer for one that died. It is renewed three times in this.
    std::chrono::milliseconds duration{1000};
    /// Between two looks at another's lease, at first and at most; it grows in between.
    std::chrono::milliseconds first_poll{5};
    std::chrono::milliseconds longest_poll{100};
    std::uint64_t seed = 0;  ///< Makes tokens differ from those of other instances.
  };

  /// @pre `options.duration` is at least 3 ms, and the polls are at least 1 ms.
  RedisGenerationLease(const Options& options, RedisCache& redis, Log& log);

  Task<Turn> take(CacheKey key, Patience patience) override;
  [[nodiscard]] std::chrono::milliseconds least_patience() const override {
    return options_.duration + options_.duration / 4 + options_.longest_poll;
  }

  /// Under which name Redis keeps the lease for `key`.
  [[nodiscard]] std::string key_name(CacheKey key) const;

private:
  class RedisHold;
  using OnLate = std::function<Task<void>(const Result<RespValue>&)>;

  /// The reply to a command, or nothing once the soft budget, or `most`, is over; `on_late` is
  /// awaited with what comes after that.
  Task<std::optional<Result<RespValue>>> ask(
      RedisCommand command,
      OnLate on_late,
      std::chrono::milliseconds most = std::chrono::milliseconds::max());
  Task<Turn> await_other(std::string name, std::chrono::milliseconds patience);
  /// Releases the lease if it still has that token.
  Task<void> give_back(std::string name, std::string token);
  Task<void> give_back_late(std::string name, std::string token, bool is_given);
  /// Whether a script, which does nothing for anybody but the holder, did something; an error if
  /// that is not known.
  Task<Result<bool>> run_as_holder(RedisCommand command);
  [[nodiscard]] std::string new_token();

  const Options options_;
  const std::string prefix_;
  const std::string instance_;
  RedisCache& redis_;
  Log& log_;
  std::atomic<std::uint64_t> tokens_{0};
  std::atomic<bool> is_forbidden_{false};
};

}  // namespace refrain
