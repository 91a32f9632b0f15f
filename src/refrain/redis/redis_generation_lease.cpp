#include "refrain/redis/redis_generation_lease.h"

#include "refrain/cache/canonical_request.h"
#include "refrain/core/backoff.h"
#include "refrain/core/clock.h"
#include "refrain/core/hex.h"
#include "refrain/core/within.h"
#include "refrain/redis/script_refusal.h"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cassert>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace refrain {

namespace {

using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                boost::asio::wait_traits<std::chrono::steady_clock>,
                                                Executor>;

constexpr std::string_view kRelease =
    "if redis.call('GET',KEYS[1])==ARGV[1] then return redis.call('DEL',KEYS[1]) end return 0";
constexpr std::string_view kRenew =
    "if redis.call('GET',KEYS[1])==ARGV[1] then return redis.call('PEXPIRE',KEYS[1],ARGV[2]) end "
    "return 0";

// Of several commands each reply is seen, an error too; of a single one an error reply is an error.
RedisCommand about(const std::string& name) {
  return RedisCommand({"GET", name});
}

Task<void> nothing() {
  co_return;
}

}  // namespace

class RedisGenerationLease::RedisHold final : public GenerationLease::Hold {
public:
  /// @param asked When the lease was asked for: it lasts at least `duration` from then on.
  RedisHold(RedisGenerationLease& lease,
            std::pair<std::string, std::string> name_and_token,
            Executor executor,
            SteadyTime asked)
      : state_(std::make_shared<State>(lease, std::move(name_and_token), executor)) {
    state_->kept_until = asked + state_->duration;
    boost::asio::co_spawn(executor, renew(state_), boost::asio::detached);
  }
  RedisHold(const RedisHold&) = delete;
  RedisHold& operator=(const RedisHold&) = delete;
  ~RedisHold() override { state_->is_over = true; }

  [[nodiscard]] bool is_kept() const override {
    return std::chrono::steady_clock::now() < state_->kept_until;
  }

  void release() override {
    if (std::exchange(state_->is_over, true)) return;
    state_->timer.cancel();
    boost::asio::co_spawn(state_->executor,
                          state_->lease.give_back(state_->name, state_->token),
                          boost::asio::detached);
  }

private:
  // Shared with the coroutines that renew and release: a hard stop destroys them in any order.
  struct State {
    State(RedisGenerationLease& of, std::pair<std::string, std::string> name_and_token, Executor on)
        : lease(of),
          duration(of.options_.duration),
          name(std::move(name_and_token.first)),
          token(std::move(name_and_token.second)),
          executor(on),
          timer(on) {}

    RedisGenerationLease& lease;  // not touched once it is over
    const std::chrono::milliseconds duration;
    const std::string name;
    const std::string token;
    Executor executor;
    Timer timer;
    SteadyTime kept_until;
    bool is_over = false;
  };

  static Task<void> renew(std::shared_ptr<State> state) {
    const std::string lifetime = std::to_string(state->duration.count());
    while (!state->is_over) {
      state->timer.expires_after(state->duration / 3);
      co_await state->timer.async_wait(kAsTuple);
      if (state->is_over) co_return;
      const SteadyTime asked = std::chrono::steady_clock::now();
      RedisCommand command = about(state->name);
      command.add({"EVAL", kRenew, "1", state->name, state->token, lifetime});
      Result<bool> renewed = co_await state->lease.run_as_holder(std::move(command));
      if (!renewed) continue;  // it may still be ours until its time is over
      if (!*renewed) {
        state->kept_until = SteadyTime();
        co_return;
      }
      state->kept_until = asked + state->duration;
    }
  }

  const std::shared_ptr<State> state_;
};

RedisGenerationLease::RedisGenerationLease(const Options& options, RedisCache& redis, Log& log)
    : options_(options),
      prefix_("refrain:" + std::to_string(CanonicalRequest::kSchema) +
              ":lease:" + std::string(redis.service()) + ":"),
      instance_(to_hex(options.seed)),
      redis_(redis),
      log_(log) {
  assert(options_.duration >= std::chrono::milliseconds(3));
  assert(options_.first_poll >= std::chrono::milliseconds(1));
}

std::string RedisGenerationLease::key_name(CacheKey key) const {
  return prefix_ + key.to_hex();
}

std::string RedisGenerationLease::new_token() {
  return instance_ + ":" + std::to_string(tokens_.fetch_add(1, std::memory_order_relaxed));
}

Task<GenerationLease::Turn> RedisGenerationLease::take(CacheKey key, Patience patience) {
  if (is_forbidden_.load(std::memory_order_relaxed) || !redis_.is_available())
    co_return Turn(Outcome::kAway);
  const Executor executor = co_await boost::asio::this_coro::executor;
  std::string name = key_name(key);
  std::string token = new_token();
  const std::string lifetime = std::to_string(options_.duration.count());
  const SteadyTime asked = std::chrono::steady_clock::now();
  RedisCommand command({"SET", name, token, "NX", "PX", lifetime});
  // Nobody waits for a turn that is given late: it is given back, so that others need not either.
  OnLate on_late = [this, name, token](const Result<RespValue>& late) {
    return give_back_late(name, token, late && !late->is_null());
  };
  std::optional<Result<RespValue>> reply =
      co_await ask(std::move(command), std::move(on_late), patience.with_first_reply);
  if (!reply || !*reply) co_return Turn(Outcome::kAway);
  if ((*reply)->is_null()) co_return co_await await_other(std::move(name), patience.with_another);
  auto name_and_token = std::make_pair(std::move(name), std::move(token));
  std::unique_ptr<Hold> hold =
      std::make_unique<RedisHold>(*this, std::move(name_and_token), executor, asked);
  co_return Turn(std::move(hold));
}

Task<std::optional<Result<RespValue>>> RedisGenerationLease::ask(RedisCommand command,
                                                                 OnLate on_late,
                                                                 std::chrono::milliseconds most) {
  const std::chrono::milliseconds budget = std::min(redis_.soft_budget().value_or(most), most);
  if (budget < std::chrono::milliseconds::max())
    co_return co_await within(budget, redis_.execute(std::move(command)), std::move(on_late));
  co_return co_await redis_.execute(std::move(command));
}

Task<void> RedisGenerationLease::give_back(std::string name, std::string token) {
  RedisCommand command = about(name);
  command.add({"EVAL", kRelease, "1", name, token});
  // If that fails the lease ends by itself.
  static_cast<void>(co_await run_as_holder(std::move(command)));
}

Task<void> RedisGenerationLease::give_back_late(std::string name,
                                                std::string token,
                                                bool is_given) {
  if (is_given) co_await give_back(std::move(name), std::move(token));
}

Task<GenerationLease::Turn> RedisGenerationLease::await_other(std::string name,
                                                              std::chrono::milliseconds patience) {
  const SteadyTime begin = std::chrono::steady_clock::now();
  const auto waited = [begin] {
    return std::chrono::ceil<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  };
  Timer timer(co_await boost::asio::this_coro::executor);
  Backoff::Config pace;
  pace.first = options_.first_poll;
  pace.longest = options_.longest_poll;
  Backoff backoff(pace, options_.seed);
  std::string holder;
  while (waited() < patience) {
    timer.expires_after(std::min(backoff.next(), patience - waited()));
    co_await timer.async_wait(kAsTuple);
    RedisCommand command({"GET", name});
    OnLate on_late = [](const Result<RespValue>& /*late*/) {
      return nothing();
    };
    std::optional<Result<RespValue>> reply = co_await ask(std::move(command), std::move(on_late));
    if (!reply || !*reply) co_return Turn(Outcome::kAway, waited());
    RespValue& found = **reply;
    const bool is_another = !holder.empty() && found.text() != holder;
    if (found.is_null() || is_another) co_return Turn(Outcome::kEnded, waited());
    holder = found.take_text();
  }
  co_return Turn(Outcome::kTooLong, waited());
}

Task<Result<bool>> RedisGenerationLease::run_as_holder(RedisCommand command) {
  Result<RespValue> replies = co_await redis_.execute(std::move(command));
  if (!replies) co_return fail(replies.error());
  const RespValue& result = replies->elements().back();
  if (!result.is_error()) co_return result.integer() == 1;
  if (is_script_refusal(result.text()) &&
      !is_forbidden_.exchange(true, std::memory_order_relaxed)) {
    log_.write(LogLevel::kWarning,
               "Redis runs no scripts for this user; instances generate each for itself",
               {LogField("reason", result.text())});
  }
  co_return fail(ErrorCode::kUnavailable, "Redis refused the lease's script: " + result.text());
}

}  // namespace refrain
