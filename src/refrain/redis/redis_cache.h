#pragma once

/// @file
/// The shared tier: a Redis server that many instances of a service read and write.

#include "refrain/cache/circuit_breaker.h"
#include "refrain/cache/epoch.h"
#include "refrain/cache/tier.h"
#include "refrain/core/clock.h"
#include "refrain/core/log.h"
#include "refrain/core/mutex.h"
#include "refrain/core/result.h"
#include "refrain/redis/client/redis_client.h"
#include "refrain/redis/client/redis_source_listener.h"
#include "refrain/redis/client/redis_url.h"
#include "refrain/redis/epoch_key.h"
#include "refrain/redis/lifetime_jitter.h"
#include "refrain/redis/missed_erasures.h"
#include "refrain/redis/missed_inserts.h"
#include "refrain/redis/shard_breakers.h"
#include "refrain/redis/tracking_counters.h"
#include "refrain/redis/value_fault.h"
#include "refrain/redis/written_keys.h"

#include <boost/asio/io_context.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace refrain {

/// A tier in Redis. Keys, values and the protocol of the epoch: docs/formats/redis.md.
///
/// It answers within one command budget whatever Redis does, and after a few failures the breaker
/// of the shard keeps callers away until one of them has found it well again; its keys are then
/// misses at once, and the other shards answer. What counts as a failure of
/// Redis is no reply, a broken connection, bytes that are not its protocol, and an error reply to a
/// *read*. A shard that has no connection while others do is not asked, and used as soon as it has
/// one, whether it was away or has just joined. An error reply to a *write* (full, read-only) is an
/// error of that write only: a Redis that can be read is worth asking. A value that is not ours is
/// an error of that key only, and the next insert replaces it. However large such a value is, no
/// more of it is read than its beginning.
///
/// What is inserted and erased while Redis is away is remembered, within bounds, and `sweep` makes
/// up for it, for each shard as soon as that is back: first what was erased, before anything of
/// that shard is answered from Redis again, then the entries, at a bounded rate, where there is
/// none: another instance may have written a newer one. When more was erased than can be
/// remembered, everything is forgotten instead.
///
/// An entry lives for `ttl` at most, also when the entry itself would be stale, not gone, for
/// longer: the limit on what is left in a shared Redis is the operator's.
///
/// Thread safety: as every tier; coroutines run on one of the loops given to `create`.
/// Ownership: see `RedisClient`; the epoch and the clock outlive the tier too.
class RedisCache final : public Tier {
public:
  static constexpr std::chrono::seconds kMaxTtl = std::chrono::days(3650);

  struct Options {
    RedisEndpoint endpoint;
    /// How the servers are arranged: the mode and what belongs to it. Its `connection` is not used,
    /// it is made from what stands here.
    RedisClientOptions servers;
    std::string service;  ///< `text` or `sticker`: part of every key.
    std::chrono::seconds ttl{
        3600};  ///< At most, up to kMaxTtl. Raised: fewer generations, more memory of Redis.
    /// Of the mark of an erasure: as long as a copy may be used elsewhere. At least `ttl`.
    std::chrono::seconds mark_ttl{0};
    double ttl_jitter = 0.1;  ///< The part of a lifetime by which it is shortened at most.
    std::chrono::milliseconds command_budget{50};  ///< The longest that one call waits.
    /// How long one who wants an answer waits, in all; the command budget if that is less, or if
    /// this is 0.
    std::chrono::milliseconds soft_budget{0};
    std::chrono::milliseconds connect_budget{250};        ///< Of connecting in the background.
    std::size_t max_value_bytes = std::size_t{8} << 20U;  ///< Of a body. Larger ones are refused.
    std::size_t max_reply_bytes = std::size_t{64}
                                  << 20U;      ///< Of any reply. A larger one costs the connection.
    std::size_t max_queued_commands = 16'384;  ///< Each loop's; beyond it calls fail at once.
    std::size_t max_queued_bytes = std::size_t{64} << 20U;  ///< Each loop's, not yet sent.
    std::size_t max_tracked_keys = 65'536;    ///< For `items` and `removals`; about 150 bytes each.
    std::size_t max_missed_inserts = 10'000;  ///< Remembered while Redis is away.
    std::size_t max_missed_bytes = std::size_t{16} << 20U;
    std::size_t max_missed_erasures = 4096;
    int replays_per_second = 1000;   ///< Of missed inserts. Raised: back sooner, and busier then.
    CircuitBreaker::Config breaker;  ///< Of each shard.
    std::uint64_t seed = 0;          ///< Of the jitter of lifetimes and of attempts to connect.
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
  [[nodiscard]] std::optional<std::chrono::milliseconds> soft_budget() const override;
  Task<Result<std::optional<Entry>>> find(CacheKey key) override;
  Task<Result<InsertOutcome>> insert(Entry entry) override;
  Task<Result<InsertOutcome>> fill(Entry entry) override;
  void insert_later(const Entry& entry) override;
  Task<Result<bool>> erase(CacheKey key) override;
  Task<Result<bool>> take_back(CacheKey key, WallTime made) override;
  [[nodiscard]] bool owes_erasure(CacheKey key) const override;

  /// Raises the epoch in Redis to `epoch`, and in any case above what any instance has used, and
  /// adopts what it became. If Redis cannot be reached the clearing is owed: a later `sweep` makes
  /// up for it, and until then this instance uses the new epoch alone.
  Task<Result<void>> clear(std::uint64_t epoch) override;

  /// Makes up for what was missed; takes over the epoch of Redis, so that another instance's clear
  /// is seen; pays an owed clear; lets go of the statistics of expired keys.
  Task<void> sweep() override;

  [[nodiscard]] TierStats stats() const override;

  /// Sends commands about keys of this service other than entries, under the tier's budget and
  /// breaker. An error reply to a single command is an error.
  Task<Result<RespValue>> execute(RedisCommand command);

  /// Takes over the epoch that Redis answered to a GET of its key. An error if that is no epoch.
  Result<void> adopt_epoch(const RespValue& reply) { return adopt_remote(reply); }

  /// See `RedisClient`.
  void watch_sources(RedisSourceListener* listener) { client_->watch_sources(listener); }
  void renew_sources() { client_->renew_sources(); }

  [[nodiscard]] std::string_view service() const { return options_.service; }
  /// Of the names of all keys that it writes: `refrain:<schema>:<service>:`.
  [[nodiscard]] std::string_view key_prefix() const { return key_prefix_; }
  [[nodiscard]] std::string_view epoch_key() const { return epoch_key_.name(); }

  /// Somebody, perhaps this instance, has written or erased `key` in Redis: what waits to be
  /// written under it is older, and forgotten. Any thread.
  void forget_missed(CacheKey key) { missed_inserts_.forget_changed(key); }

  /// Written by who tracks this tier's keys.
  [[nodiscard]] TrackingCounters& tracking() { return tracking_; }

  /// Under which name Redis keeps `key`, for those who look into it.
  [[nodiscard]] std::string key_name(std::uint64_t epoch, CacheKey key) const;

private:
  enum class Kind : std::uint8_t { kRead, kWrite };
  enum class Condition : std::uint8_t { kNone, kIfAbsent };
  /// What became of the next entry of a round: there is none, its shard is away, or it was sent.
  enum class Replay : std::uint8_t { kNone, kPassedOver, kSent };

  RedisCache(const Options& options, Epoch& epoch, const Clock& clock, Log& log);

  [[nodiscard]] RedisConnectionOptions connection_options();
  void adopt(std::uint64_t epoch);
  void forget_what_is_known();
  /// The reply to one command under its shard's breaker, an error reply too; an error if there is
  /// none, nothing if it was not sent.
  Task<std::optional<Result<RespValue>>> try_send(RedisCommand command, Kind kind);
  [[nodiscard]] static Error not_asked();
  void note_error_reply(const RespValue& reply, Kind kind, CircuitBreaker::Permit& permit);
  /// The same, with an error for an error reply.
  Task<std::optional<Result<RespValue>>> try_ask(RedisCommand command, Kind kind);
  /// The same, with an error for what was not sent, too.
  Task<Result<RespValue>> ask(RedisCommand command, Kind kind);
  /// Whether other shards can be asked, but not the one that keeps `name`, since it has no
  /// connection: that says nothing new about it.
  [[nodiscard]] bool is_cut_off(std::string_view name) const;
  /// Whether the shard that keeps `name` may answer for `key`.
  [[nodiscard]] bool is_open_to(CacheKey key, std::string_view name) const;
  /// What Redis has under the key of an entry; nothing if it was not asked.
  Task<std::optional<Result<RespValue>>> read_value(CacheKey key);
  Result<std::optional<Entry>> take_found(RespValue reply, CacheKey key);
  Result<std::optional<Entry>> take_fault(CacheKey key, ValueFault fault);
  /// How long `entry` may stay, or nothing if it is not to be stored.
  [[nodiscard]] std::optional<std::chrono::milliseconds> longest_life(const Entry& entry) const;
  /// What Redis said, an error reply too: null if there is one already and `condition` forbids it.
  Task<Result<RespValue>> write(Entry entry, Condition condition);
  /// The same unless something newer is there: null then.
  Task<Result<RespValue>> write_copy(Entry entry);
  /// Whether the mark of an erasure is in the place of `entry`, and older than that, or what is no
  /// entry at all.
  Task<bool> may_replace_what_is_there(Entry entry);
  /// Erases what is under the name of `mark` and leaves that erasure there. 1 if there was more
  /// than such a mark, else 0, or why it was refused.
  Task<std::optional<Result<RespValue>>> send_erasure(Entry mark, std::string name);
  /// Erases what is in Redis, or remembers that. Whether there was something.
  /// @param at Nothing is wanted that was made by then.
  Task<Result<bool>> erase_stored(CacheKey key, WallTime at);
  void remember_erasure(CacheKey key, std::string_view name, WallTime at);
  Task<void> replay_erasures();
  Task<void> replay_inserts();
  Task<Replay> replay_one(std::vector<std::size_t>& failing);
  Task<void> look_at_memory();
  Result<void> adopt_remote(const RespValue& reply);
  Task<Result<std::uint64_t>> remote_epoch();
  void report_bad_epoch(const Result<std::uint64_t>& epoch);
  Task<Result<void>> change_remote(EpochKey::Change change, std::uint64_t epoch);
  Task<Result<std::uint64_t>> change_without_script(EpochKey::Change change, std::uint64_t epoch);
  Task<Result<void>> refresh_epoch();
  [[nodiscard]] std::vector<BreakerStats> breaker_stats() const;
  [[nodiscard]] RemoteTierStats remote_stats() const;

  const Options options_;
  const std::string key_prefix_;  // `refrain:<schema>:<service>:`
  const EpochKey epoch_key_;
  Epoch& epoch_;
  const Clock& clock_;
  Log& log_;
  mutable ShardBreakers breakers_;
  LifetimeJitter jitter_;
  WrittenKeys written_;
  MissedInserts missed_inserts_;
  MissedErasures missed_erasures_;
  std::atomic<std::int64_t> hits_{0};
  std::atomic<std::int64_t> misses_{0};
  std::atomic<std::int64_t> refusals_{0};
  std::atomic<std::int64_t> errors_{0};
  std::atomic<bool> is_clear_owed_{false};
  std::array<std::atomic<std::int64_t>, kValueFaults> faults_{};
  std::atomic<std::int64_t> replayed_{0};
  std::atomic<std::int64_t> replays_refused_{0};
  std::atomic<std::int64_t> erasures_replayed_{0};
  std::atomic<std::int64_t> epochs_raised_{0};
  std::atomic<bool> is_memory_unknown_{true};
  std::atomic<bool> is_bad_epoch_reported_{false};

  mutable Mutex mutex_;
  std::optional<ServerMemory> memory_ REFRAIN_GUARDED_BY(mutex_);
  // Only the sweep under way uses them.
  SteadyTime last_replay_;
  bool is_round_over_ = true;  // of replays; else the next sweep goes on with it
  SteadyTime memory_due_;
  TrackingCounters tracking_;
  std::unique_ptr<RedisClient> client_;  // last: it calls back into what stands above
};

}  // namespace refrain
