#include "refrain/redis/redis_cache.h"

#include "refrain/cache/canonical_request.h"
#include "refrain/redis/redis_value.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace refrain {

namespace {

// The epoch's key outlives every entry of every instance by far, and still does not stay for ever
// in the Redis of somebody who has stopped using us.
constexpr std::chrono::hours kEpochTtl = std::chrono::days(30);

// Of one call, so that a sweep never takes long.
constexpr std::size_t kKeysPerSweep = 4096;

// Enough for several instances that clear at the same time.
constexpr int kRaiseAttempts = 8;

Result<void> check(const RedisCache::Options& options) {
  const auto bad = [](std::string_view option, std::string_view why) {
    return fail(ErrorCode::kInvalidArgument,
                "the Redis " + std::string(option) + " " + std::string(why),
                std::string(option));
  };
  const bool is_plain =
      std::all_of(options.service.begin(), options.service.end(), [](char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
               letter == '_' || letter == '-';
      });
  if (options.service.empty() || !is_plain)
    return bad("service", "must be lower-case letters, digits, '-' or '_'");
  if (options.ttl <= std::chrono::seconds(0))
    return bad("ttl", "must be at least 1 second: every key expires");
  if (options.ttl > std::chrono::days(3650)) return bad("ttl", "must be at most ten years");
  if (options.command_budget <= std::chrono::milliseconds(0))
    return bad("command budget", "must be at least 1 ms");
  if (options.connect_budget <= std::chrono::milliseconds(0))
    return bad("connect budget", "must be at least 1 ms");
  if (options.max_value_bytes == 0) return bad("largest value", "must be at least 1 byte");
  if (options.max_queued_commands == 0)
    return bad("queue", "must have room for at least 1 command");
  if (options.max_tracked_keys == 0) return bad("number of tracked keys", "must be at least 1");
  if (options.breaker.failures_to_open < 1)
    return bad("breaker", "must open after at least 1 failure");
  return {};
}

Error error_reply(std::string_view operation, const RespValue& reply) {
  return Error(ErrorCode::kUnavailable,
               "Redis refused " + std::string(operation) + ": " + reply.text());
}

std::optional<std::uint64_t> epoch_in(const RespValue& reply) {
  if (reply.is_null()) return 0;
  if (reply.type() != RespType::kBulkString) return std::nullopt;
  // Redis counts in signed numbers.
  std::int64_t epoch = 0;
  const std::string& text = reply.text();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), epoch);
  if (error != std::errc{} || end != text.data() + text.size() || epoch < 0) return std::nullopt;
  return static_cast<std::uint64_t>(epoch);
}

}  // namespace

Result<std::unique_ptr<RedisCache>> RedisCache::create(
    const Options& options,
    const std::vector<boost::asio::io_context*>& loops,
    Epoch& epoch,
    const Clock& clock,
    Log& log) {
  if (Result<void> checked = check(options); !checked) return fail(checked.error());
  std::unique_ptr<RedisCache> cache(new RedisCache(options, epoch, clock));
  RedisClientOptions client;
  client.connection = cache->connection_options();
  Result<std::unique_ptr<RedisClient>> made = make_redis_client(client, loops, log);
  if (!made) return fail(made.error());
  cache->client_ = std::move(*made);
  return cache;
}

RedisCache::RedisCache(const Options& options, Epoch& epoch, const Clock& clock)
    : options_(options),
      key_prefix_("refrain:" + std::to_string(CanonicalRequest::kSchema) + ":" + options.service +
                  ":"),
      epoch_key_(key_prefix_ + "epoch"),
      epoch_(epoch),
      clock_(clock),
      breaker_(options.breaker, clock),
      written_(options.max_tracked_keys) {}

RedisConnectionOptions RedisCache::connection_options() {
  RedisConnectionOptions connection;
  connection.endpoint = options_.endpoint;
  connection.connect_budget = options_.connect_budget;
  connection.command_budget = options_.command_budget;
  connection.seed = options_.seed;
  connection.limits.max_commands = options_.max_queued_commands;
  connection.limits.max_bytes = options_.max_queued_bytes;
  connection.limits.replies.max_reply_bytes = options_.max_reply_bytes;
  connection.greeting = RedisCommand({"GET", epoch_key_});
  connection.on_greeted = [this](const RespValue& reply) {
    return adopt_remote(reply);
  };
  connection.on_connect_failed = [this](const Error& /*error*/) {
    breaker_.record_outside_failure();
  };
  return connection;
}

bool RedisCache::is_available() const {
  return client_->is_ready() && breaker_.allows();
}

ImmediateLookup RedisCache::find_now(CacheKey /*key*/, BodyPlace /*place*/) {
  return ImmediateLookup::must_wait();
}

std::string RedisCache::key_name(std::uint64_t epoch, CacheKey key) const {
  return key_prefix_ + std::to_string(epoch) + ":" + key.to_hex();
}

// What was written under an older epoch's names is out of reach from now on.
void RedisCache::adopt(std::uint64_t epoch) {
  if (epoch_.adopt(epoch)) written_.forget_all(&Removals::invalidated);
}

// One command under the breaker. The reply is not an error reply.
Task<Result<RespValue>> RedisCache::ask(RedisCommand command, Kind kind) {
  std::optional<CircuitBreaker::Permit> permit = breaker_.try_acquire();
  if (!permit) {
    errors_.fetch_add(1, std::memory_order_relaxed);
    co_return fail(ErrorCode::kUnavailable,
                   "Redis has failed too often; it is not asked for a while");
  }
  Result<RespValue> reply = co_await client_->execute(std::move(command));
  if (reply && !reply->is_error()) {
    permit->succeed();
    co_return reply;
  }
  errors_.fetch_add(1, std::memory_order_relaxed);
  if (reply) {
    // The key holds a list or the like: Redis is well, the key is foreign.
    const bool is_well = kind == Kind::kWrite || reply->text().starts_with("WRONGTYPE");
    if (is_well) {
      permit->succeed();
    } else {
      permit->fail();
    }
    co_return fail(error_reply(kind == Kind::kWrite ? "to write" : "to read", *reply));
  }
  // Work that was given up on says nothing about Redis; the permit is just handed back.
  if (reply.error().code() != ErrorCode::kCancelled) permit->fail();
  co_return fail(reply.error());
}

Task<Result<RespValue>> RedisCache::execute(RedisCommand command) {
  co_return co_await ask(std::move(command), Kind::kWrite);
}

Task<Result<std::optional<Entry>>> RedisCache::find(CacheKey key) {
  RedisCommand command({"GET", key_name(epoch_.value(), key)});
  Result<RespValue> reply = co_await ask(std::move(command), Kind::kRead);
  Result<std::optional<Entry>> found = reply ? take_found(std::move(*reply), key)
                                             : Result<std::optional<Entry>>(fail(reply.error()));
  (found && found->has_value() ? hits_ : misses_).fetch_add(1, std::memory_order_relaxed);
  co_return found;
}

Result<std::optional<Entry>> RedisCache::take_found(RespValue reply, CacheKey key) {
  const WallTime now = clock_.now();
  if (reply.is_null()) {
    written_.forget_missing(key, now);
    return std::optional<Entry>();
  }
  Result<Entry> entry = decode_redis_value(reply.take_text(), key, options_.max_value_bytes);
  if (!entry) {
    errors_.fetch_add(1, std::memory_order_relaxed);
    written_.forget(key, &Removals::corrupt);
    return fail(entry.error());
  }
  if (!entry->is_usable(now)) {
    written_.forget(key, &Removals::expired);
    return std::optional<Entry>();
  }
  return std::optional<Entry>(std::move(*entry));
}

Task<Result<InsertOutcome>> RedisCache::insert(Entry entry) {
  const WallTime now = clock_.now();
  const WallTime until = std::min(now + options_.ttl, entry.metadata().usable_until);
  Result<std::string> value = fail(ErrorCode::kTooLarge, "the body is larger than the limit");
  if (until > now && entry.body().size() <= options_.max_value_bytes)
    value = encode_redis_value(entry);
  if (!value) {
    refusals_.fetch_add(1, std::memory_order_relaxed);
    co_return InsertOutcome::kRefused;
  }
  const std::string lifetime = std::to_string((until - now).count());
  const std::uint64_t epoch = epoch_.value();
  RedisCommand command({"SET", key_name(epoch, entry.key()), *value, "PX", lifetime});
  Result<RespValue> reply = co_await ask(std::move(command), Kind::kWrite);
  if (!reply) co_return fail(reply.error());
  written_.record(entry.key(), until, value->size());
  // Cleared while it was on its way: it lies under a name that nobody asks for any more.
  if (epoch_.value() != epoch) written_.forget(entry.key(), &Removals::invalidated);
  co_return InsertOutcome::kStored;
}

Task<Result<bool>> RedisCache::erase(CacheKey key) {
  // A tier is asked this also while it is away, which tells the breaker nothing new.
  if (!client_->is_ready()) {
    errors_.fetch_add(1, std::memory_order_relaxed);
    co_return fail(ErrorCode::kUnavailable, "Redis cannot be reached, and keeps what it has");
  }
  RedisCommand command({"DEL", key_name(epoch_.value(), key)});
  Result<RespValue> reply = co_await ask(std::move(command), Kind::kWrite);
  if (!reply) co_return fail(reply.error());
  written_.forget(key, &Removals::invalidated);
  co_return reply->integer() > 0;
}

Task<Result<void>> RedisCache::clear(std::uint64_t epoch) {
  is_clear_owed_.store(true, std::memory_order_relaxed);
  epoch_.adopt(epoch);
  // The caller may have raised the epoch itself, so this does not depend on who did.
  written_.forget_all(&Removals::invalidated);
  co_return co_await raise_remote(epoch);
}

// INCRBY is atomic: of instances that clear at once each raises the epoch by at least one, so each
// ends above everything that any of them has written before.
Task<Result<void>> RedisCache::raise_remote(std::uint64_t epoch) {
  Result<std::uint64_t> remote = co_await remote_epoch();
  for (int i = 0; remote && i < kRaiseAttempts; ++i) {
    const std::uint64_t step = *remote < epoch ? epoch - *remote : 1;
    RedisCommand command({"INCRBY", epoch_key_, std::to_string(step)});
    const auto lifetime =
        std::chrono::duration_cast<std::chrono::milliseconds>(kEpochTtl + 2 * options_.ttl);
    command.add({"PEXPIRE", epoch_key_, std::to_string(lifetime.count())});
    Result<RespValue> replies = co_await ask(std::move(command), Kind::kWrite);
    if (!replies) co_return fail(replies.error());
    const RespValue& raised = replies->elements().front();
    if (raised.type() != RespType::kInteger || raised.integer() < 0) {
      errors_.fetch_add(1, std::memory_order_relaxed);
      co_return fail(error_reply("to raise the epoch", raised));
    }
    remote = static_cast<std::uint64_t>(raised.integer());
    // Lower than wanted: the key was dropped in between and the count began anew.
    if (*remote < epoch) continue;
    is_clear_owed_.store(false, std::memory_order_relaxed);
    adopt(*remote);
    co_return Result<void>();
  }
  if (!remote) co_return fail(remote.error());
  co_return fail(ErrorCode::kUnavailable, "the epoch's key keeps vanishing from Redis");
}

Task<Result<std::uint64_t>> RedisCache::remote_epoch() {
  RedisCommand command({"GET", epoch_key_});
  Result<RespValue> reply = co_await ask(std::move(command), Kind::kRead);
  if (!reply) co_return fail(reply.error());
  const std::optional<std::uint64_t> epoch = epoch_in(*reply);
  if (!epoch) co_return fail(ErrorCode::kCorrupt, "the epoch's key in Redis holds no number");
  co_return *epoch;
}

Result<void> RedisCache::adopt_remote(const RespValue& reply) {
  if (reply.is_error()) return fail(error_reply("to read", reply));
  const std::optional<std::uint64_t> remote = epoch_in(reply);
  if (!remote) return fail(ErrorCode::kCorrupt, "the epoch's key in Redis holds no number");
  adopt(*remote);
  return {};
}

Task<void> RedisCache::sweep() {
  written_.forget_expired(clock_.now(), kKeysPerSweep);
  if (is_available()) static_cast<void>(co_await refresh_epoch());
}

Task<Result<void>> RedisCache::refresh_epoch() {
  Result<std::uint64_t> remote = co_await remote_epoch();
  if (!remote) co_return fail(remote.error());
  adopt(*remote);
  const std::uint64_t local = epoch_.value();
  const bool is_behind = *remote < local && local > Epoch::kFirst;
  if (is_behind || is_clear_owed_.load(std::memory_order_relaxed))
    co_return co_await raise_remote(local);
  co_return Result<void>();
}

TierStats RedisCache::stats() const {
  const WrittenKeys::Counts counts = written_.counts();
  const RedisClient::Latency latency = client_->latency();
  TierStats stats;
  stats.name = std::string(name());
  stats.available = is_available();
  stats.items = counts.items;
  stats.size_bytes = counts.size_bytes;
  stats.ttl = options_.ttl;
  stats.hits = hits_.load(std::memory_order_relaxed);
  stats.misses = misses_.load(std::memory_order_relaxed);
  stats.insertions = counts.insertions;
  stats.refusals = refusals_.load(std::memory_order_relaxed);
  stats.errors = errors_.load(std::memory_order_relaxed);
  stats.removals = counts.removals;
  RemoteTierStats remote;
  remote.state = std::string(to_string(breaker_.state()));
  remote.mode = "standalone";
  remote.latency_p50_ms = latency.p50_ms;
  remote.latency_p99_ms = latency.p99_ms;
  if (tracking_.is_used) {
    remote.tracking.emplace();
    remote.tracking->is_up = tracking_.is_up;
    remote.tracking->changes = tracking_.changes;
    remote.tracking->flushes = tracking_.flushes;
    remote.tracking->losses = tracking_.losses;
  }
  stats.remote = std::move(remote);
  return stats;
}

}  // namespace refrain
