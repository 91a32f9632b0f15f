// What is remembered while Redis is away, and made up for.
#include "refrain/redis/redis_cache.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace refrain {

namespace {

// Of missed inserts that a sweep looks at in vain, since their shards are away.
constexpr std::size_t kPassedOverPerSweep = 1000;

bool contains(const std::vector<std::size_t>& shards, std::size_t shard) {
  return std::find(shards.begin(), shards.end(), shard) != shards.end();
}

}  // namespace

void RedisCache::insert_later(const Entry& entry) {
  if (longest_life(entry)) missed_inserts_.remember(entry);
}

bool RedisCache::owes_erasure(CacheKey key) const {
  return missed_erasures_.has(key) || is_clear_owed_.load(std::memory_order_relaxed);
}

void RedisCache::remember_erasure(CacheKey key, std::string_view name, WallTime at) {
  written_.forget(key, &Removals::invalidated);
  if (missed_erasures_.remember(key, client_->shard_of(name), at)) return;
  // There are too many: from now on nothing of before is ours, and Redis hears of it by and by.
  epochs_raised_.fetch_add(1, std::memory_order_relaxed);
  is_clear_owed_.store(true, std::memory_order_relaxed);
  adopt(epoch_.value() + 1);
}

// What is sent to a shard here is also the probe that its breaker waits for, so that it needs no
// request to be found well. While nothing can be sent to it no probe is spent on it.
Task<void> RedisCache::replay_erasures() {
  const std::vector<MissedErasures::Waiting> waiting = missed_erasures_.waiting();
  std::vector<std::size_t> failing;
  for (const MissedErasures::Waiting& erasure : waiting) {
    const std::string name = key_name(epoch_.value(), erasure.key);
    const std::size_t shard = client_->shard_of(name);
    if (contains(failing, shard)) continue;
    std::optional<Result<RespValue>> reply;
    const Entry mark = Entry::erasure(erasure.key, erasure.at);
    if (client_->is_ready(name)) reply = co_await send_erasure(mark, name);
    if (reply && *reply && !(*reply)->is_error()) {
      erasures_replayed_.fetch_add(1, std::memory_order_relaxed);
      missed_erasures_.settle(erasure);
    } else {
      failing.push_back(shard);
    }
  }
}

// A round that has looked at enough for now is gone on with by the next sweep, so that what waits
// for a shard that is away neither holds up the rest nor is looked at again and again.
Task<void> RedisCache::replay_inserts() {
  const SteadyTime now = clock_.steady_now();
  const auto since = std::min<SteadyTime::duration>(now - last_replay_, std::chrono::seconds(1));
  last_replay_ = now;
  auto may_send = options_.replays_per_second * since / std::chrono::seconds(1);
  std::size_t may_pass_over = kPassedOverPerSweep;
  std::vector<std::size_t> failing;
  if (is_round_over_) missed_inserts_.begin_round();
  is_round_over_ = false;
  while (!is_round_over_ && may_send > 0 && may_pass_over > 0) {
    const Replay replayed = co_await replay_one(failing);
    if (replayed == Replay::kSent) --may_send;
    if (replayed == Replay::kPassedOver) --may_pass_over;
    is_round_over_ = replayed == Replay::kNone || failing.size() >= client_->shard_count();
  }
}

// What is there was written after this was missed, or is as good; but for an older mark.
Task<RedisCache::Replay> RedisCache::replay_one(std::vector<std::size_t>& failing) {
  std::optional<Entry> entry = missed_inserts_.take(clock_.now());
  if (!entry) co_return Replay::kNone;
  const CacheKey key = entry->key();
  const WallTime made = entry->metadata().created;
  const std::string name = key_name(epoch_.value(), key);
  const std::size_t shard = client_->shard_of(name);
  if (contains(failing, shard) || !client_->is_ready(name) || !is_open_to(key, name)) {
    missed_inserts_.put_back(std::move(*entry), MissedInserts::Turn::kNextRound);
    co_return Replay::kPassedOver;
  }
  Result<RespValue> reply = co_await write_copy(*entry);
  const bool is_valid =
      reply ? missed_inserts_.arrive()
            : missed_inserts_.put_back(std::move(*entry), MissedInserts::Turn::kNextRound);
  const bool is_written = reply && !reply->is_error() && !reply->is_null();
  // What was said meanwhile may have reached Redis before this did.
  if (!is_valid && (is_written || !reply)) static_cast<void>(co_await erase_stored(key, made));
  if (!reply || reply->is_error()) failing.push_back(shard);
  if (reply) (is_written ? replayed_ : replays_refused_).fetch_add(1, std::memory_order_relaxed);
  co_return Replay::kSent;
}

}  // namespace refrain
