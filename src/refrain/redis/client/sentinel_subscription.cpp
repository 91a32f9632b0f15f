#include "refrain/redis/client/sentinel_subscription.h"

#include "refrain/redis/client/redis_address.h"
#include "refrain/redis/client/redis_command.h"
#include "refrain/redis/client/sentinel_protocol.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <optional>
#include <utility>

namespace refrain {

SentinelSubscription::SentinelSubscription(const RedisClientOptions& options,
                                           std::shared_ptr<SentinelState> state,
                                           boost::asio::io_context& loop,
                                           Log& log,
                                           std::chrono::milliseconds interval)
    : options_(options),
      state_(std::move(state)),
      loop_(loop),
      log_(log),
      interval_(interval),
      timer_(loop.get_executor()) {}

SentinelSubscription::~SentinelSubscription() = default;

RedisConnectionOptions SentinelSubscription::connection_options() {
  RedisConnectionOptions own;
  own.connect_budget = options_.connection.connect_budget;
  own.command_budget = options_.connection.connect_budget;
  own.reconnect = options_.connection.reconnect;
  own.seed = options_.connection.seed;
  const std::weak_ptr<SentinelSubscription> weak = weak_from_this();
  own.locate = [weak] {
    return locate(weak.lock());
  };
  own.on_ready = [weak] {
    const auto self = weak.lock();
    if (!self) return;
    self->is_new_ = true;
    self->said_.reset();
    self->timer_.cancel();
  };
  own.on_push = [weak](const RespValue& message) {
    if (const auto self = weak.lock()) self->hear(message);
  };
  return own;
}

void SentinelSubscription::start() {
  const auto connection = std::make_shared<RedisConnection>(connection_options(), loop_, silence_);
  connection_ = connection;
  connection->start();
  boost::asio::co_spawn(loop_.get_executor(), live(shared_from_this()), boost::asio::detached);
}

void SentinelSubscription::stop() {
  if (is_stopped_.exchange(true)) return;
  if (const auto connection = connection_.lock()) connection->stop();
  boost::asio::post(loop_, [self = shared_from_this()] { self->timer_.cancel(); });
}

// At first the one that has named the master; another one each time after that.
Task<Result<RedisEndpoint>> SentinelSubscription::locate(
    std::shared_ptr<SentinelSubscription> self) {
  if (!self) co_return fail(ErrorCode::kCancelled, "the client was stopped");
  const std::size_t count = self->options_.nodes.size();
  self->sentinel_ = (self->state_->first() + self->attempts_++) % count;
  co_return sentinel_endpoint(self->options_, self->options_.nodes[self->sentinel_]);
}

Task<void> SentinelSubscription::live(std::shared_ptr<SentinelSubscription> self) {
  while (!self->is_stopped_) {
    const bool is_new = std::exchange(self->is_new_, false);
    if (is_new && self->sends_messages()) co_await self->subscribe();
    // After the subscription: there is no moment that neither covers.
    co_await self->ask();
    co_await self->rest();
  }
}

bool SentinelSubscription::sends_messages() const {
  const auto connection = connection_.lock();
  return connection && connection->speaks_resp3();
}

Task<void> SentinelSubscription::rest() {
  if (is_stopped_ || is_new_) co_return;
  timer_.expires_after(interval_);
  const auto [ended] = co_await timer_.async_wait(kAsTuple);
  static_cast<void>(ended);
}

Task<Result<RespValue>> SentinelSubscription::stopped() {
  co_return fail(ErrorCode::kCancelled, "the client was stopped");
}

// No coroutine: its frame would keep the connection, which keeps who waits on it. Without a
// connection that is ready the answer is an error, at once.
Task<Result<RespValue>> SentinelSubscription::execute(RedisCommand command) const {
  const auto connection = connection_.lock();
  return connection ? connection->execute(std::move(command)) : stopped();
}

Task<void> SentinelSubscription::subscribe() {
  RedisCommand command({"SUBSCRIBE", kSwitchMaster});
  const Result<RespValue> reply = co_await execute(std::move(command));
  if (reply && reply->is_error()) report_refusal(*reply);
}

Task<void> SentinelSubscription::ask() {
  const std::uint64_t asked = state_->generation();
  const std::size_t sentinel = sentinel_;
  RedisCommand question = master_question(options_);
  const Result<RespValue> reply = co_await execute(std::move(question));
  if (is_stopped_ || !reply) co_return;
  const Result<RedisAddress> found = parse_master_address(*reply);
  if (found && is_to_be_believed(*found, sentinel)) state_->note_found(*found, sentinel, asked);
}

// What a sentinel repeats is no news: it may be cut off from the others. Of one that is new here
// the first word counts only if it is the one whose word the master is, or if another says the
// same.
bool SentinelSubscription::is_to_be_believed(const RedisAddress& found, std::size_t sentinel) {
  const bool is_first_word = !said_;
  const bool is_repeated = said_ == found;
  said_ = found;
  if (is_repeated) return false;
  const std::optional<RedisAddress> master = state_->master();
  if (!is_first_word || !master || *master == found || sentinel == state_->first()) {
    doubted_.reset();
    return true;
  }
  const bool is_seconded = doubted_ && doubted_->master == found && doubted_->sentinel != sentinel;
  const bool is_alone = doubted_ && doubted_->sentinel == sentinel;
  doubted_ = Doubted{found, sentinel};
  if (is_seconded || is_alone) {
    if (is_seconded) doubted_.reset();
    return is_seconded;
  }
  if (const auto connection = connection_.lock())
    connection->reconnect("another sentinel is asked, too");
  return false;
}

void SentinelSubscription::hear(const RespValue& message) {
  const std::optional<RedisAddress> master = parse_switch_master(message, options_.master_name);
  if (master && !is_stopped_) state_->note_moved(*master, sentinel_);
}

void SentinelSubscription::report_refusal(const RespValue& reply) {
  if (is_stopped_ || std::exchange(is_refusal_reported_, true)) return;
  log_.write(LogLevel::kWarning,
             "a sentinel does not tell this user of a new master; it is asked every second instead",
             {LogField("reason", reply.text())});
}

}  // namespace refrain
