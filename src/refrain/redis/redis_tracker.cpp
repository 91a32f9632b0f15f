#include "refrain/redis/redis_tracker.h"

#include "refrain/redis/tracking_counters.h"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <optional>
#include <utility>
#include <vector>

namespace refrain {

namespace {

using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                boost::asio::wait_traits<std::chrono::steady_clock>,
                                                Executor>;

constexpr std::string_view kInvalidate = "invalidate";
constexpr std::size_t kDigestSize = 2 * CacheKey::kSize;

}  // namespace

// What the coroutines on the loop share with the tracker: they may end after it.
struct RedisTracker::State : std::enable_shared_from_this<RedisTracker::State> {
  State(Options the_options,
        RedisCache& tier,
        boost::asio::io_context& loop,
        ChangeListener& to_tell,
        Log& to_log)
      : options(std::move(the_options)),
        redis(tier),
        listener(to_tell),
        log(to_log),
        executor(loop.get_executor()),
        timer(loop.get_executor()) {}

  [[nodiscard]] std::shared_ptr<RedisConnection> connect(boost::asio::io_context& loop);
  /// Only while the connection lives, which it does until the tracker was stopped.
  Task<Result<RespValue>> ask_for_epoch() const;
  Result<void> greet(const RespValue& replies);
  void report_refusal(const std::string& reason);
  void go_down();
  void hear(const RespValue& message);
  void hear_of(std::string_view name);
  void begin_to_read_epoch();
  static Task<void> read_epoch(std::shared_ptr<State> self);
  static Task<void> beat(std::shared_ptr<State> self);

  const Options options;
  RedisCache& redis;
  ChangeListener& listener;
  Log& log;
  Executor executor;
  Timer timer;
  // The tracker's and its own: what waits on it must not keep it, or neither would ever go.
  std::weak_ptr<RedisConnection> connection;
  bool is_up = false;
  bool is_refusal_reported = false;
  bool is_reading_epoch = false;
  bool must_read_epoch_again = false;
  std::atomic<bool> is_stopped{false};
};

std::shared_ptr<RedisConnection> RedisTracker::State::connect(boost::asio::io_context& loop) {
  RedisConnectionOptions own = options.connection;
  const std::string prefix(options.scope == Scope::kEntries ? redis.key_prefix()
                                                            : redis.epoch_key());
  // In version 2 of the protocol Redis tracks just as well, and tells nobody. As to the order:
  // whatever changes after the epoch was read is told.
  own.greeting = RedisCommand({"HELLO", "3"});
  own.greeting.add({"CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", prefix});
  own.greeting.add({"GET", redis.epoch_key()});
  own.on_greeted = [this](const RespValue& replies) {
    return greet(replies);
  };
  own.on_connect_failed = [this](const Error& /*error*/) {
    go_down();
  };
  own.on_lost = [this](const Error& /*error*/) {
    go_down();
  };
  own.on_push = [this](const RespValue& message) {
    hear(message);
  };
  auto made = std::make_shared<RedisConnection>(std::move(own), loop, log);
  connection = made;
  return made;
}

Task<Result<RespValue>> RedisTracker::State::ask_for_epoch() const {
  return connection.lock()->execute(RedisCommand({"GET", redis.epoch_key()}));
}

Result<void> RedisTracker::State::greet(const RespValue& replies) {
  const RespValue& hello = replies.elements()[0];
  const RespValue& tracking = replies.elements()[1];
  if (hello.is_error() || tracking.is_error()) {
    report_refusal((hello.is_error() ? hello : tracking).text());
    return {};
  }
  if (Result<void> adopted = redis.adopt_epoch(replies.elements().back()); !adopted) return adopted;
  is_up = true;
  listener.on_feed_up();
  redis.tracking().is_up = true;
  return {};
}

void RedisTracker::State::report_refusal(const std::string& reason) {
  if (std::exchange(is_refusal_reported, true)) return;
  log.write(LogLevel::kWarning,
            "Redis does not tell this user of changes; what others do is noticed later",
            {LogField("reason", reason)});
}

void RedisTracker::State::go_down() {
  if (!std::exchange(is_up, false)) return;
  listener.on_feed_down();
  redis.tracking().is_up = false;
  ++redis.tracking().losses;
}

void RedisTracker::State::hear(const RespValue& message) {
  const std::vector<RespValue>& parts = message.elements();
  if (parts.size() != 2 || parts[0].text() != kInvalidate) return;
  if (parts[1].is_null()) {
    listener.on_all_changed();
    ++redis.tracking().flushes;
    return;
  }
  for (const RespValue& name : parts[1].elements())
    hear_of(name.text());
}

// An entry's digest has its epoch in it, so that the epoch in its name says nothing more.
void RedisTracker::State::hear_of(std::string_view name) {
  if (name == redis.epoch_key()) {
    begin_to_read_epoch();
    return;
  }
  if (!name.starts_with(redis.key_prefix()) || name.size() < kDigestSize) return;
  const std::optional<CacheKey> key = CacheKey::from_hex(name.substr(name.size() - kDigestSize));
  if (!key) return;
  redis.forget_missed(*key);
  listener.on_changed(*key);
  ++redis.tracking().changes;
}

void RedisTracker::State::begin_to_read_epoch() {
  if (std::exchange(is_reading_epoch, true)) {
    must_read_epoch_again = true;
    return;
  }
  boost::asio::co_spawn(executor, read_epoch(shared_from_this()), boost::asio::detached);
}

Task<void> RedisTracker::State::read_epoch(std::shared_ptr<State> self) {
  do {
    self->must_read_epoch_again = false;
    Result<RespValue> reply = co_await self->ask_for_epoch();
    if (self->is_stopped) co_return;
    // Without a reply the connection is lost, and the next one's greeting reads it.
    if (!reply || !self->redis.adopt_epoch(*reply)) break;
    self->listener.on_epoch_raised();
  } while (self->must_read_epoch_again);
  self->is_reading_epoch = false;
}

// Asks for what the user may read anyway. Any reply will do: without one the connection is lost.
Task<void> RedisTracker::State::beat(std::shared_ptr<State> self) {
  while (!self->is_stopped) {
    self->timer.expires_after(self->options.heartbeat);
    co_await self->timer.async_wait(kAsTuple);
    if (self->is_stopped) break;
    // Without a connection that is ready the answer is an error, at once.
    static_cast<void>(co_await self->ask_for_epoch());
  }
}

RedisTracker::RedisTracker(Options options,
                           RedisCache& redis,
                           boost::asio::io_context& loop,
                           ChangeListener& listener,
                           Log& log)
    : state_(std::make_shared<State>(std::move(options), redis, loop, listener, log)),
      connection_(state_->connect(loop)) {}

RedisTracker::~RedisTracker() {
  stop();
}

void RedisTracker::start() {
  state_->redis.tracking().is_used = true;
  connection_->start();
  boost::asio::co_spawn(state_->executor, State::beat(state_), boost::asio::detached);
}

void RedisTracker::stop() {
  if (state_->is_stopped.exchange(true)) return;
  connection_->stop();
  boost::asio::post(state_->executor, [state = state_] { state->timer.cancel(); });
}

}  // namespace refrain
