#pragma once

/// @file
/// A circuit breaker for each server of a Redis.

#include "refrain/cache/circuit_breaker.h"
#include "refrain/cache/tier_stats.h"
#include "refrain/core/clock.h"
#include "refrain/core/mutex.h"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace refrain {

/// Keeps callers away from the servers that fail, and lets them ask the others. Shards are known by
/// the ids that the client gives them (`RedisClient::shard_of`). A shard's breaker is made when it
/// is first asked for; shards that a cluster has given up keep theirs.
///
/// Thread safety: any. Ownership: breakers are shared with whoever holds a permit, since at a hard
/// stop the frames of coroutines go last.
class ShardBreakers {
public:
  /// @pre `clock` outlives the breakers.
  ShardBreakers(const CircuitBreaker::Config& config, const Clock& clock)
      : config_(config),
        clock_(clock) {}

  [[nodiscard]] std::shared_ptr<CircuitBreaker> of(std::size_t shard);

  /// Whether the shard may be asked just now.
  [[nodiscard]] bool allows(std::size_t shard) const;

  /// The state of the worst of `shards`: open, else half-open, else closed.
  [[nodiscard]] CircuitBreaker::State worst(const std::vector<std::size_t>& shards) const;

  /// Of the breaker of `shard`, which people know as `name`.
  [[nodiscard]] BreakerStats stats(std::size_t shard, std::string name);

private:
  const CircuitBreaker::Config config_;
  const Clock& clock_;
  mutable Mutex mutex_;
  std::vector<std::shared_ptr<CircuitBreaker>> breakers_ REFRAIN_GUARDED_BY(mutex_);
};

}  // namespace refrain
