#include "refrain/redis/redis_cache.h"

#include "refrain/cache/canonical_request.h"
#include "refrain/redis/redis_value.h"
#include "refrain/redis/server_memory.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace refrain {

namespace {

// The epoch's key outlives every entry of every instance by far, and still does not stay for ever
// in the Redis of somebody who has stopped using us.
constexpr std::chrono::hours kEpochTtl = std::chrono::days(30);

// Of one call, so that a sweep never takes long.
constexpr std::size_t kKeysPerSweep = 4096;

// How often the server is asked for the policy of its memory, which somebody may change.
constexpr std::chrono::seconds kMemoryInterval{60};

// Of a value, read at first: nearly every entry is shorter, and even a slow network brings so much
// within a budget.
constexpr std::size_t kFirstBytes = std::size_t{256} << 10U;

bool is_plain(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '_' ||
           letter == '-';
  });
}

Result<void> check(const RedisCache::Options& options) {
  const auto bad = [](std::string_view option, std::string_view why) {
    return fail(ErrorCode::kInvalidArgument,
                "the Redis " + std::string(option) + " " + std::string(why),
                std::string(option));
  };
  if (!is_plain(options.service))
    return bad("service", "must be lower-case letters, digits, '-' or '_'");
  if (options.ttl <= std::chrono::seconds(0))
    return bad("ttl", "must be at least 1 second: every key expires");
  if (options.ttl > RedisCache::kMaxTtl) return bad("ttl", "must be at most ten years");
  if (options.command_budget <= std::chrono::milliseconds(0))
    return bad("command budget", "must be at least 1 ms");
  if (options.connect_budget <= std::chrono::milliseconds(0))
    return bad("connect budget", "must be at least 1 ms");
  if (options.max_value_bytes == 0) return bad("largest value", "must be at least 1 byte");
  if (options.max_queued_commands == 0)
    return bad("queue", "must have room for at least 1 command");
  if (options.max_tracked_keys == 0) return bad("number of tracked keys", "must be at least 1");
  if (options.ttl_jitter < 0 || options.ttl_jitter > 0.5)
    return bad("ttl jitter", "must be within 0 and 0.5");
  if (options.replays_per_second < 1) return bad("rate of replays", "must be at least 1 a second");
  if (options.breaker.failures_to_open < 1)
    return bad("breaker", "must open after at least 1 failure");
  return {};
}

Error error_reply(std::string_view operation, const RespValue& reply) {
  return Error(ErrorCode::kUnavailable,
               "Redis refused " + std::string(operation) + ": " + reply.text());
}

// An erasure's mark is shorter, so that this much of a value is all of it.
constexpr std::size_t kMostMarkBytes = 512;

// When what was under `key` was erased; nothing if `value` is no mark of that.
std::optional<WallTime> time_of_mark(std::string value, CacheKey key) {
  const auto entry = decode_redis_value(std::move(value), key, kMostMarkBytes);
  if (!entry || !entry->is_erasure()) return std::nullopt;
  return entry->metadata().created;
}

std::vector<ShardStats> shard_stats(const RedisClient& client) {
  std::vector<ShardStats> all;
  for (RedisClient::Shard& shard : client.shards()) {
    ShardStats stats;
    stats.address = std::move(shard.address);
    stats.is_available = shard.is_ready;
    stats.slots = static_cast<std::int64_t>(shard.slots);
    all.push_back(std::move(stats));
  }
  return all;
}

}  // namespace

Result<std::unique_ptr<RedisCache>> RedisCache::create(
    const Options& options,
    const std::vector<boost::asio::io_context*>& loops,
    Epoch& epoch,
    const Clock& clock,
    Log& log) {
  if (Result<void> checked = check(options); !checked) return fail(checked.error());
  std::unique_ptr<RedisCache> cache(new RedisCache(options, epoch, clock, log));
  RedisClientOptions client = options.servers;
  client.connection = cache->connection_options();
  Result<std::unique_ptr<RedisClient>> made = make_redis_client(client, loops, log);
  if (!made) return fail(made.error());
  cache->client_ = std::move(*made);
  return cache;
}

RedisCache::RedisCache(const Options& options, Epoch& epoch, const Clock& clock, Log& log)
    : options_(options),
      key_prefix_("refrain:" + std::to_string(CanonicalRequest::kSchema) + ":" + options.service +
                  ":"),
      epoch_key_(key_prefix_ + "epoch", kEpochTtl + 2 * options.ttl),
      epoch_(epoch),
      clock_(clock),
      log_(log),
      breakers_(options.breaker, clock),
      jitter_(options.ttl_jitter, options.seed),
      written_(options.max_tracked_keys),
      missed_inserts_(options.max_missed_inserts, options.max_missed_bytes),
      missed_erasures_(options.max_missed_erasures) {}

RedisConnectionOptions RedisCache::connection_options() {
  RedisConnectionOptions connection;
  connection.endpoint = options_.endpoint;
  connection.connect_budget = options_.connect_budget;
  connection.command_budget = options_.command_budget;
  connection.seed = options_.seed;
  connection.limits.max_commands = options_.max_queued_commands;
  connection.limits.max_bytes = options_.max_queued_bytes;
  connection.limits.replies.max_reply_bytes = options_.max_reply_bytes;
  connection.greeting = epoch_key_.question();
  connection.on_greeted = [this](const RespValue& reply) {
    is_memory_unknown_.store(true, std::memory_order_relaxed);
    return adopt_remote(reply);
  };
  connection.on_connect_failed = [this](const Error& /*error*/) {
    // Of several servers it is not known whose failure this is; their commands will tell.
    const std::vector<std::size_t> shards = client_->shard_ids();
    if (shards.size() == 1) breakers_.of(shards.front())->record_outside_failure();
  };
  return connection;
}

bool RedisCache::is_available() const {
  if (!client_->is_ready()) return false;
  const std::vector<std::size_t> shards = client_->shard_ids();
  return std::any_of(shards.begin(), shards.end(), [this](std::size_t shard) {
    return breakers_.allows(shard) && !missed_erasures_.hides_shard(shard);
  });
}

// The replica of a dead master has another id, and a breaker of its own: what is asked before its
// connection is up would only open that, and keep callers away from it when it is there.
bool RedisCache::is_cut_off(std::string_view name) const {
  return !client_->is_ready(name) && client_->is_ready();
}

bool RedisCache::is_open_to(CacheKey key, std::string_view name) const {
  const std::size_t shard = client_->shard_of(name);
  return !is_cut_off(name) && breakers_.allows(shard) && !missed_erasures_.hides(key, shard);
}

std::optional<std::chrono::milliseconds> RedisCache::soft_budget() const {
  if (options_.soft_budget == std::chrono::milliseconds(0)) return options_.command_budget;
  return std::min(options_.soft_budget, options_.command_budget);
}

ImmediateLookup RedisCache::find_now(CacheKey /*key*/, BodyPlace /*place*/) {
  return ImmediateLookup::must_wait();
}

std::string RedisCache::key_name(std::uint64_t epoch, CacheKey key) const {
  std::string name;
  name.reserve(key_prefix_.size() + 21 + 2 * CacheKey::kSize);  // 21: the longest number, a colon
  name.append(key_prefix_).append(std::to_string(epoch)).append(":").append(key.to_hex());
  return name;
}

Error RedisCache::not_asked() {
  return Error(ErrorCode::kUnavailable,
               "Redis is away, or has failed too often; it is not asked for a while");
}

Task<std::optional<Result<RespValue>>> RedisCache::try_send(RedisCommand command, Kind kind) {
  if (is_cut_off(command.routing_key())) co_return std::nullopt;
  // Held here, too: at a hard stop this frame is destroyed after the tier.
  const std::shared_ptr<CircuitBreaker> breaker =
      breakers_.of(client_->shard_of(command.routing_key()));
  std::optional<CircuitBreaker::Permit> permit = breaker->try_acquire();
  if (!permit) co_return std::nullopt;
  Result<RespValue> reply = co_await client_->execute(std::move(command));
  if (!reply) {
    errors_.fetch_add(1, std::memory_order_relaxed);
    // Work that was given up on says nothing about Redis; the permit is just handed back.
    if (reply.error().code() != ErrorCode::kCancelled) permit->fail();
  } else if (reply->is_error()) {
    note_error_reply(*reply, kind, *permit);
  } else {
    permit->succeed();
  }
  co_return reply;
}

void RedisCache::note_error_reply(const RespValue& reply,
                                  Kind kind,
                                  CircuitBreaker::Permit& permit) {
  errors_.fetch_add(1, std::memory_order_relaxed);
  // The key holds a list or the like: Redis is well, the key is foreign.
  const bool is_foreign = reply.text().starts_with("WRONGTYPE");
  if (is_foreign)
    faults_[static_cast<std::size_t>(ValueFault::kForeign)].fetch_add(1, std::memory_order_relaxed);
  if (is_foreign || kind == Kind::kWrite) {
    permit.succeed();
  } else {
    permit.fail();
  }
}

Task<std::optional<Result<RespValue>>> RedisCache::try_ask(RedisCommand command, Kind kind) {
  std::optional<Result<RespValue>> reply = co_await try_send(std::move(command), kind);
  if (!reply || !*reply || !(*reply)->is_error()) co_return reply;
  Result<RespValue> refused =
      fail(error_reply(kind == Kind::kWrite ? "to write" : "to read", **reply));
  co_return refused;
}

Task<Result<RespValue>> RedisCache::ask(RedisCommand command, Kind kind) {
  std::optional<Result<RespValue>> reply = co_await try_ask(std::move(command), kind);
  if (reply) co_return std::move(*reply);
  co_return fail(not_asked());
}

// GETRANGE and not GET: somebody else's value may have 512 MiB. To send that holds Redis up for
// longer than any budget, and again with every request for the key, since the time-out costs the
// connection over which an insert would have replaced it.
Task<std::optional<Result<RespValue>>> RedisCache::read_value(CacheKey key) {
  const std::string name = key_name(epoch_.value(), key);
  if (missed_erasures_.hides(key, client_->shard_of(name))) co_return std::nullopt;
  RedisCommand command({"GETRANGE", name, "0", std::to_string(kFirstBytes - 1)});
  std::optional<Result<RespValue>> begin = co_await try_ask(std::move(command), Kind::kRead);
  const bool is_whole = !begin || !*begin || (*begin)->type() != RespType::kBulkString ||
                        (*begin)->text().size() < kFirstBytes;
  if (is_whole || !begins_like_redis_value((*begin)->text(), key)) co_return begin;
  const std::size_t longest = longest_redis_value(options_.max_value_bytes);
  RedisCommand more({"GETRANGE", name, std::to_string(kFirstBytes), std::to_string(longest)});
  std::optional<Result<RespValue>> rest = co_await try_ask(std::move(more), Kind::kRead);
  if (!rest || !*rest || (*rest)->type() != RespType::kBulkString) co_return rest;
  // If it was replaced in between, its checksum says so.
  Result<RespValue> whole =
      RespValue::text_of(RespType::kBulkString, (*begin)->take_text() + (*rest)->text());
  co_return whole;
}

Task<Result<RespValue>> RedisCache::execute(RedisCommand command) {
  co_return co_await ask(std::move(command), Kind::kWrite);
}

Task<Result<std::optional<Entry>>> RedisCache::find(CacheKey key) {
  std::optional<Result<RespValue>> reply = co_await read_value(key);
  Result<std::optional<Entry>> found = std::optional<Entry>();
  if (reply && *reply) {
    found = take_found(std::move(**reply), key);
  } else if (reply) {
    found = fail(reply->error());
  }
  const bool is_hit = found && found->has_value() && !(*found)->is_erasure();
  (is_hit ? hits_ : misses_).fetch_add(1, std::memory_order_relaxed);
  co_return found;
}

Result<std::optional<Entry>> RedisCache::take_found(RespValue reply, CacheKey key) {
  const WallTime now = clock_.now();
  const bool is_absent =
      reply.is_null() || (reply.type() == RespType::kBulkString && reply.text().empty());
  if (is_absent) {
    written_.forget_missing(key, now);
    return std::optional<Entry>();
  }
  auto entry = decode_redis_value(reply.take_text(), key, options_.max_value_bytes);
  if (!entry) return take_fault(key, entry.error());
  if (entry->is_erasure()) {
    written_.forget(key, &Removals::invalidated);
  } else if (!entry->is_usable(now)) {
    written_.forget(key, &Removals::expired);
    return std::optional<Entry>();
  }
  return std::optional<Entry>(std::move(*entry));
}

Result<std::optional<Entry>> RedisCache::take_fault(CacheKey key, ValueFault fault) {
  errors_.fetch_add(1, std::memory_order_relaxed);
  faults_[static_cast<std::size_t>(fault)].fetch_add(1, std::memory_order_relaxed);
  written_.forget(key, &Removals::corrupt);
  return fail(ErrorCode::kCorrupt,
              "a value in Redis is no entry of ours: " + std::string(to_string(fault)));
}

std::optional<std::chrono::milliseconds> RedisCache::longest_life(const Entry& entry) const {
  const WallTime now = clock_.now();
  const WallTime until = std::min(now + options_.ttl, entry.metadata().usable_until);
  if (until <= now || entry.body().size() > options_.max_value_bytes) return std::nullopt;
  return until - now;
}

Task<Result<InsertOutcome>> RedisCache::insert(Entry entry) {
  if (!longest_life(entry)) {
    refusals_.fetch_add(1, std::memory_order_relaxed);
    co_return InsertOutcome::kRefused;
  }
  missed_inserts_.forget(entry.key());
  if (!is_open_to(entry.key(), key_name(epoch_.value(), entry.key()))) {
    missed_inserts_.remember(std::move(entry));
    co_return InsertOutcome::kDeferred;
  }
  Result<RespValue> reply = co_await write(entry, Condition::kNone);
  if (reply && !reply->is_error()) co_return InsertOutcome::kStored;
  missed_inserts_.remember(std::move(entry));
  co_return fail(reply ? error_reply("to write", *reply) : reply.error());
}

Task<Result<InsertOutcome>> RedisCache::fill(Entry entry) {
  if (!longest_life(entry)) co_return InsertOutcome::kRefused;
  if (!is_open_to(entry.key(), key_name(epoch_.value(), entry.key())))
    co_return InsertOutcome::kRefused;
  Result<RespValue> reply = co_await write_copy(std::move(entry));
  if (!reply) co_return fail(reply.error());
  if (reply->is_error()) co_return fail(error_reply("to write", *reply));
  co_return reply->is_null() ? InsertOutcome::kRefused : InsertOutcome::kStored;
}

Task<Result<RespValue>> RedisCache::write(Entry entry, Condition condition) {
  const std::optional<std::chrono::milliseconds> longest = longest_life(entry);
  if (!longest) co_return fail(ErrorCode::kUnavailable, "the entry is over");
  const std::chrono::milliseconds life = jitter_.shorten(*longest);
  const WallTime until = clock_.now() + life;
  const std::string value = encode_redis_value(entry);
  const std::string lifetime = std::to_string(life.count());
  const std::uint64_t epoch = epoch_.value();
  const std::string name = key_name(epoch, entry.key());
  RedisCommand command = condition == Condition::kIfAbsent
                             ? RedisCommand({"SET", name, value, "NX", "PX", lifetime})
                             : RedisCommand({"SET", name, value, "PX", lifetime});
  std::optional<Result<RespValue>> reply = co_await try_send(std::move(command), Kind::kWrite);
  if (!reply) co_return fail(not_asked());
  const bool is_written = *reply && !(*reply)->is_error() && !(*reply)->is_null();
  if (is_written) {
    written_.record(entry.key(), until, value.size());
    // Cleared while it was on its way: it lies under a name that nobody asks for any more.
    if (epoch_.value() != epoch) written_.forget(entry.key(), &Removals::invalidated);
  }
  co_return std::move(*reply);
}

Task<Result<RespValue>> RedisCache::write_copy(Entry entry) {
  Result<RespValue> reply = co_await write(entry, Condition::kIfAbsent);
  if (!reply || !reply->is_null()) co_return reply;
  const bool is_wanted = co_await may_replace_what_is_there(entry);
  if (is_wanted) reply = co_await write(std::move(entry), Condition::kNone);
  co_return reply;
}

Task<bool> RedisCache::may_replace_what_is_there(Entry entry) {
  std::optional<Result<RespValue>> reply = co_await read_value(entry.key());
  if (!reply) co_return false;
  // Another type; whatever else Redis refuses to read it refuses to replace.
  if (!*reply) co_return reply->error().code() == ErrorCode::kUnavailable;
  if ((*reply)->type() != RespType::kBulkString) co_return false;
  const auto there =
      decode_redis_value((*reply)->take_text(), entry.key(), options_.max_value_bytes);
  if (!there) co_return true;
  co_return there->is_erasure() && there->metadata().created < entry.metadata().created;
}

Task<Result<bool>> RedisCache::erase(CacheKey key) {
  const bool was_waiting = missed_inserts_.forget(key);
  Result<bool> erased = co_await erase_stored(key, clock_.now());
  if (!erased) co_return fail(erased.error());
  co_return was_waiting || *erased;
}

Task<Result<bool>> RedisCache::take_back(CacheKey key, WallTime made) {
  missed_inserts_.forget(key, made);
  co_return co_await erase_stored(key, made);
}

// The mark lives as long as others may have an older copy in their memory. Where it cannot be
// written, as in a Redis that is full, the entry is erased all the same.
Task<std::optional<Result<RespValue>>> RedisCache::send_erasure(Entry mark, std::string name) {
  const std::chrono::milliseconds life = std::max(options_.mark_ttl, options_.ttl);
  RedisCommand command({"GETRANGE", name, "0", std::to_string(kMostMarkBytes - 1)});
  command.add({"DEL", name});
  command.add({"SET", name, encode_redis_value(mark), "NX", "PX", std::to_string(life.count())});
  std::optional<Result<RespValue>> replies = co_await try_send(std::move(command), Kind::kWrite);
  if (!replies || !*replies) co_return replies;
  std::vector<RespValue>& each = (*replies)->elements();
  Result<RespValue> deleted = std::move(each[1]);
  if (deleted->is_error()) {
    errors_.fetch_add(1, std::memory_order_relaxed);
  } else if (time_of_mark(each[0].take_text(), mark.key())) {
    deleted = RespValue::integer_of(0);
  }
  co_return deleted;
}

Task<Result<bool>> RedisCache::erase_stored(CacheKey key, WallTime at) {
  const std::string name = key_name(epoch_.value(), key);
  std::optional<Result<RespValue>> reply;
  // A tier is asked this also while it is away, which tells the breaker nothing new.
  if (client_->is_ready(name)) reply = co_await send_erasure(Entry::erasure(key, at), name);
  // After no reply it may have been erased or not, whatever the state of the connection; after an
  // error reply it was not, as the caller hears.
  if (!reply || !*reply) remember_erasure(key, name, at);
  if (!reply) co_return false;
  if (!*reply) co_return fail(reply->error());
  if ((*reply)->is_error()) co_return fail(error_reply("to write", **reply));
  written_.forget(key, &Removals::invalidated);
  co_return (*reply)->integer() > 0;
}

Task<void> RedisCache::look_at_memory() {
  const SteadyTime now = clock_.steady_now();
  if (!is_memory_unknown_.exchange(false) && now < memory_due_) co_return;
  memory_due_ = now + kMemoryInterval;
  RedisCommand command({"INFO", "memory"});
  Result<RespValue> reply = co_await client_->execute(std::move(command));
  // Whoever may not ask goes without.
  if (!reply || reply->is_error()) co_return;
  std::optional<ServerMemory> memory = parse_server_memory(reply->text());
  if (!memory) co_return;
  const std::string warning = memory->warning;
  bool is_new = false;
  {
    const MutexLock lock(mutex_);
    is_new = !warning.empty() && (!memory_ || memory_->warning != warning);
    memory_ = std::move(memory);
  }
  if (is_new) {
    log_.write(LogLevel::kWarning,
               "Redis bounds its memory in a way that is bad for a cache",
               {LogField("service", options_.service), LogField("why", warning)});
  }
}

Task<void> RedisCache::sweep() {
  written_.forget_expired(clock_.now(), kKeysPerSweep);
  if (client_->is_ready()) co_await replay_erasures();
  if (!is_available()) co_return;
  static_cast<void>(co_await refresh_epoch());
  co_await replay_inserts();
  co_await look_at_memory();
}

TierStats RedisCache::stats() const {
  const WrittenKeys::Counts counts = written_.counts();
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
  stats.breakers = breaker_stats();
  stats.remote = remote_stats();
  return stats;
}

// In a cluster a breaker belongs to a master and so has its address for a name, wherever its shard
// stands among the others. Of a single server the address may change with the master.
std::vector<BreakerStats> RedisCache::breaker_stats() const {
  if (options_.servers.mode != RedisMode::kCluster) return {breakers_.stats(0, "0")};
  std::vector<BreakerStats> all;
  for (RedisClient::Shard& shard : client_->shards())
    all.push_back(breakers_.stats(shard.id, std::move(shard.address)));
  return all;
}

RemoteTierStats RedisCache::remote_stats() const {
  RemoteTierStats remote;
  remote.state = to_string(breakers_.worst(client_->shard_ids()));
  remote.mode = std::string(to_string(options_.servers.mode));
  if (options_.servers.mode != RedisMode::kStandalone) remote.shards = shard_stats(*client_);
  const RedisClient::Latency latency = client_->latency();
  remote.latency_p50_ms = latency.p50_ms;
  remote.latency_p99_ms = latency.p99_ms;
  for (std::size_t i = 0; i < faults_.size(); ++i) {
    remote.corruptions.emplace_back(to_string(static_cast<ValueFault>(i)),
                                    faults_[i].load(std::memory_order_relaxed));
  }
  if (tracking_.is_used) {
    remote.tracking.emplace();
    remote.tracking->is_up = tracking_.is_up;
    remote.tracking->changes = tracking_.changes;
    remote.tracking->flushes = tracking_.flushes;
    remote.tracking->losses = tracking_.losses;
  }
  const MissedInserts::Counts missed = missed_inserts_.counts();
  RecoveryStats& recovery = remote.recovery;
  recovery.waiting = missed.waiting;
  recovery.waiting_bytes = missed.waiting_bytes;
  recovery.replayed = replayed_.load(std::memory_order_relaxed);
  recovery.dropped = missed.dropped + replays_refused_.load(std::memory_order_relaxed);
  recovery.expired = missed.expired;
  recovery.erasures_waiting = missed_erasures_.count();
  recovery.erasures_replayed = erasures_replayed_.load(std::memory_order_relaxed);
  recovery.epochs_raised = epochs_raised_.load(std::memory_order_relaxed);
  const MutexLock lock(mutex_);
  remote.memory = memory_;
  return remote;
}

}  // namespace refrain
