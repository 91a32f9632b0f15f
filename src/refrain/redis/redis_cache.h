#pragma once

/// @file
/// The shared tier: a Redis server that many instances of a service read and write.

#include "refrain/cache/circuit_breaker.h"
#include "refrain/cache/epoch.h"
#include "refrain/cache/tier.h"
#include "refrain/core/clock.h"
#include "refrain/core/log.h"
#include "refrain/core/result.h"
#include "refrain/redis/client/redis_client.h"
#include "refrain/redis/client/redis_url.h"
#include "refrain/redis/tracking_counters.h"
#include "refrain/redis/written_keys.h"

#include <boost/asio/io_context.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace refrain {

/// A tier in Redis. Keys, values and the protocol of the epoch: docs/formats/redis.md.
///
/// It answers within one command budget whatever Redis does, and after a few failures the breaker
/// keeps callers away until one of them has found Redis well again. What counts as a failure of
/// Redis is no reply, a broken connection, bytes that are not its protocol, and an error reply to a
/// *read*. An error reply to a *write* (full, read-only) is an error of that write only: a Redis
/// that can be read is worth asking. A value that is not ours is an error of that key only, and the
/// next insert replaces it. However large such a value is, no more of it is read than its
/// beginning.
///
/// An entry lives for `ttl` at most, also when the entry itself would be stale, not gone, for
/// longer: the limit on what is left in a shared Redis is the operator's.
///
/// Thread safety: as every tier; coroutines run on one of the loops given to `create`.
/// Ownership: see `RedisClient`; the epoch and the clock outlive the tier too.
class RedisCache final : public Tier {
public:
  struct Options {
    RedisEndpoint endpoint;
    std::string service;             ///< `text` or `sticker`: part of every key.
    std::chrono::seconds ttl{3600};  ///< At most. Raised: fewer generations, more memory of Redis.
    std::chrono::milliseconds command_budget{50};         ///< The longest that one call waits.
    std::chrono::milliseconds connect_budget{250};        ///< Of connecting in the background.
    std::size_t max_value_bytes = std::size_t{8} << 20U;  ///< Of a body. Larger ones are refused.
    std::size_t max_reply_bytes = std::size_t{64}
                                  << 20U;      ///< Of any reply. A larger one costs the connection.
    std::size_t max_queued_commands = 16'384;  ///< Each loop's; beyond it calls fail at once.
    std::size_t max_queued_bytes = std::size_t{64} << 20U;  ///< Each loop's, not yet sent.
    std::size_t max_tracked_keys = 65'536;  ///< For `items` and `removals`; about 150 bytes each.
    CircuitBreaker::Config breaker;
    std::uint64_t seed = 0;  ///< Of the jitter between attempts to connect.
  };

  /// The tier, not yet started, or `kInvalidArgument` that names the option.
  /// @pre `loops` is not empty, and each is run by one thread.
  static Result<std::unique_ptr<RedisCache>> create(
      const Options& options,
      const std::vector<boost::asio::io_context*>& loops,
      Epoch& epoch,
      const Clock& clock,
      Log& log);

  /// Begins connecting in the background: the tier becomes available once it knows the epoch.
  void start() { client_->start(); }
  /// Ends what waits; the tier is unavailable from then on.
  void stop() { client_->stop(); }

  [[nodiscard]] std::string_view name() const override { return "redis"; }
  [[nodiscard]] bool is_available() const override;
  [[nodiscard]] bool is_shared() const override { return true; }
  [[nodiscard]] ImmediateLookup find_now(CacheKey key, BodyPlace place) override;
  Task<Result<std::optional<Entry>>> find(CacheKey key) override;
  Task<Result<InsertOutcome>> insert(Entry entry) override;
  Task<Result<bool>> erase(CacheKey key) override;

  /// Raises the epoch in Redis to `epoch`, and in any case above what any instance has used, and
  /// adopts what it became. If Redis cannot be reached the clearing is owed: a later `sweep` makes
  /// up for it, and until then this instance uses the new epoch alone.
  Task<Result<void>> clear(std::uint64_t epoch) override;

  /// Takes over the epoch of Redis, so that another instance's clear is seen; pays an owed clear;
  /// lets go of the statistics of expired keys.
  Task<void> sweep() override;

  [[nodiscard]] TierStats stats() const override;

  /// Sends commands about keys of this service other than entries, under the tier's budget and
  /// breaker. An error reply to a single command is an error.
  Task<Result<RespValue>> execute(RedisCommand command);

  /// Takes over the epoch that Redis answered to a GET of its key. An error if that is no epoch.
  Result<void> adopt_epoch(const RespValue& reply) { return adopt_remote(reply); }

  [[nodiscard]] std::string_view service() const { return options_.service; }
  /// Of the names of all keys that it writes: `refrain:<schema>:<service>:`.
  [[nodiscard]] std::string_view key_prefix() const { return key_prefix_; }
  [[nodiscard]] std::string_view epoch_key() const { return epoch_key_; }

  /// Written by who tracks this tier's keys.
  [[nodiscard]] TrackingCounters& tracking() { return tracking_; }

  /// Under which name Redis keeps `key`, for those who look into it.
  [[nodiscard]] std::string key_name(std::uint64_t epoch, CacheKey key) const;

private:
  enum class Kind : std::uint8_t { kRead, kWrite };

  RedisCache(const Options& options, Epoch& epoch, const Clock& clock);

  [[nodiscard]] RedisConnectionOptions connection_options();
  void adopt(std::uint64_t epoch);
  Task<Result<RespValue>> ask(RedisCommand command, Kind kind);
  Task<Result<RespValue>> read_value(CacheKey key);
  Result<std::optional<Entry>> take_found(RespValue reply, CacheKey key);
  Result<void> adopt_remote(const RespValue& reply);
  Task<Result<std::uint64_t>> remote_epoch();
  Task<Result<void>> raise_remote(std::uint64_t epoch);
  Task<Result<void>> refresh_epoch();

  const Options options_;
  const std::string key_prefix_;  // `refrain:<schema>:<service>:`
  const std::string epoch_key_;
  Epoch& epoch_;
  const Clock& clock_;
  CircuitBreaker breaker_;
  WrittenKeys written_;
  std::atomic<std::int64_t> hits_{0};
  std::atomic<std::int64_t> misses_{0};
  std::atomic<std::int64_t> refusals_{0};
  std::atomic<std::int64_t> errors_{0};
  std::atomic<bool> is_clear_owed_{false};
  TrackingCounters tracking_;
  std::unique_ptr<RedisClient> client_;  // last: it calls back into what stands above
};

}  // namespace refrain
