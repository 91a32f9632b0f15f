// How instances forget everything together.
#include "refrain/redis/redis_cache.h"
#include "refrain/redis/script_refusal.h"

#include <optional>
#include <utility>

namespace refrain {

namespace {

// Enough for several instances that clear at the same time.
constexpr int kMaxAttempts = 8;

}  // namespace

// What was written under an older epoch's names is out of reach from now on.
void RedisCache::adopt(std::uint64_t epoch) {
  if (epoch_.adopt(epoch)) forget_what_is_known();
}

void RedisCache::forget_what_is_known() {
  written_.forget_all(&Removals::invalidated);
  missed_inserts_.forget_all();
  missed_erasures_.forget_all();
}

Result<void> RedisCache::adopt_remote(const RespValue& reply) {
  const Result<std::uint64_t> remote = epoch_key_.answer(reply);
  if (!remote) return fail(remote.error());
  adopt(*remote);
  return {};
}

Task<Result<void>> RedisCache::clear(std::uint64_t epoch) {
  is_clear_owed_.store(true, std::memory_order_relaxed);
  epoch_.adopt(epoch);
  // The caller may have raised the epoch itself, so this does not depend on who did.
  forget_what_is_known();
  co_return co_await change_remote(EpochKey::Change::kRaise, epoch);
}

Task<Result<void>> RedisCache::change_remote(EpochKey::Change change, std::uint64_t epoch) {
  RedisCommand script = epoch_key_.script(change, epoch);
  std::optional<Result<RespValue>> reply = co_await try_send(std::move(script), Kind::kWrite);
  if (!reply) co_return fail(not_asked());
  if (!*reply) co_return fail(reply->error());
  Result<std::uint64_t> remote = epoch_key_.after_script(**reply);
  if ((*reply)->is_error() && is_script_refusal((*reply)->text()))
    remote = co_await change_without_script(change, epoch);
  if (!remote) co_return fail(remote.error());
  if (change == EpochKey::Change::kRaise) is_clear_owed_.store(false, std::memory_order_relaxed);
  adopt(*remote);
  co_return Result<void>();
}

Task<Result<std::uint64_t>> RedisCache::change_without_script(EpochKey::Change change,
                                                              std::uint64_t epoch) {
  Result<std::uint64_t> remote = co_await remote_epoch();
  bool is_done = remote && change == EpochKey::Change::kRestore && *remote >= epoch;
  for (int i = 0; remote && !is_done && i < kMaxAttempts; ++i) {
    RedisCommand attempt = epoch_key_.attempt(change, epoch, *remote);
    Result<RespValue> replies = co_await ask(std::move(attempt), Kind::kWrite);
    if (!replies) co_return fail(replies.error());
    remote = epoch_key_.after_attempt(*replies);
    if (!remote) errors_.fetch_add(1, std::memory_order_relaxed);
    // Lower than wanted: the key was dropped in between and the count began anew.
    is_done = remote && *remote >= epoch;
  }
  if (remote && !is_done)
    co_return fail(ErrorCode::kUnavailable, "the epoch's key keeps vanishing from Redis");
  co_return remote;
}

Task<Result<std::uint64_t>> RedisCache::remote_epoch() {
  RedisCommand question = epoch_key_.question();
  std::optional<Result<RespValue>> reply = co_await try_send(std::move(question), Kind::kRead);
  if (!reply) co_return fail(not_asked());
  if (!*reply) co_return fail(reply->error());
  Result<std::uint64_t> epoch = epoch_key_.answer(**reply);
  if (!epoch && !(*reply)->is_error()) errors_.fetch_add(1, std::memory_order_relaxed);
  report_bad_epoch(epoch);
  co_return epoch;
}

// Once. If it is found so by the log-in, there is no connection, and the client says why.
void RedisCache::report_bad_epoch(const Result<std::uint64_t>& epoch) {
  if (epoch) {
    is_bad_epoch_reported_.store(false, std::memory_order_relaxed);
    return;
  }
  if (epoch.error().code() != ErrorCode::kCorrupt) return;
  if (is_bad_epoch_reported_.exchange(true, std::memory_order_relaxed)) return;
  log_.write(LogLevel::kError,
             "Redis keeps no epoch: other instances do not hear when all is forgotten",
             {LogField("service", options_.service), LogField("reason", epoch.error().message())});
}

Task<Result<void>> RedisCache::refresh_epoch() {
  Result<std::uint64_t> remote = co_await remote_epoch();
  if (!remote) co_return fail(remote.error());
  adopt(*remote);
  const std::uint64_t local = epoch_.value();
  if (is_clear_owed_.load(std::memory_order_relaxed))
    co_return co_await change_remote(EpochKey::Change::kRaise, local);
  // Redis has lost the key, or its latest data. To bring the epoch back is not to clear anything.
  if (*remote < local && local > Epoch::kFirst)
    co_return co_await change_remote(EpochKey::Change::kRestore, local);
  co_return Result<void>();
}

}  // namespace refrain
