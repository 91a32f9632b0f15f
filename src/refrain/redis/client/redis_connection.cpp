#include "refrain/redis/client/redis_connection.h"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/write.hpp>

#include <functional>
#include <optional>
#include <span>
#include <utility>

namespace refrain {

namespace {

constexpr std::string_view kClientName = "refrain";

// Of sealed bytes in one read: four records of TLS.
constexpr std::size_t kSealedBytes = std::size_t{64} << 10U;

// How many reads an overdue command is given for what has arrived already.
constexpr int kMaxLooks = 16;

// The descriptor is gone whatever the system says of its closing.
template <class Socket>
void close_quietly(Socket& socket) {
  boost::system::error_code ignored;
  ignored = socket.close(ignored);
}

// Resumes a coroutine with a command's outcome.
template <class Handler>
class HandlerWaiter final : public CommandPipeline::Waiter {
public:
  // `now` says when a reply came. It and `latencies` outlive the waiter.
  HandlerWaiter(Handler handler, const SteadyTime& now, LatencyWindow& latencies, SteadyTime begin)
      : handler_(std::move(handler)),
        now_(now),
        latencies_(latencies),
        begin_(begin) {}

  void complete(Result<RespValue> reply) override {
    latencies_.record(std::chrono::duration_cast<std::chrono::microseconds>(now_ - begin_), now_);
    if (!handler_) return;
    Handler handler = std::move(*handler_);
    handler_.reset();
    boost::asio::get_associated_cancellation_slot(handler).clear();
    std::move(handler)(std::move(reply));
  }

  void complete_later(Result<RespValue> reply) override {
    if (!handler_) return;
    Handler handler = std::move(*handler_);
    handler_.reset();
    const auto executor = boost::asio::get_associated_executor(handler);
    auto resume = [handler = std::move(handler), reply = std::move(reply)]() mutable {
      boost::asio::get_associated_cancellation_slot(handler).clear();
      std::move(handler)(std::move(reply));
    };
    boost::asio::post(executor, std::move(resume));
  }

private:
  std::optional<Handler> handler_;  // empty once it was called, also when that was a cancellation
  const SteadyTime& now_;
  LatencyWindow& latencies_;
  const SteadyTime begin_;
};

// What push messages are handed to: nobody once the connection was stopped.
CommandPipeline::OnPush until_stopped(const std::function<void(const RespValue&)>& on_push,
                                      const std::atomic<bool>& is_stopped) {
  if (!on_push) return {};
  return [&on_push, &is_stopped](const RespValue& message) {
    if (!is_stopped) on_push(message);
  };
}

// Keeps the reply to a command of the log-in and wakes who waits for it.
template <class Timer>
class LogInWaiter final : public CommandPipeline::Waiter {
public:
  explicit LogInWaiter(Timer& timer) : timer_(timer) {}

  void complete(Result<RespValue> given) override {
    reply = std::move(given);
    timer_.cancel();
  }
  void complete_later(Result<RespValue> given) override { complete(std::move(given)); }

  std::optional<Result<RespValue>> reply;

private:
  Timer& timer_;  // the connection's, as is the pipeline that keeps this
};

// A server older than Redis 6, or one that speaks version 2 of the protocol only.
bool is_hello_refused(const RespValue& reply) {
  if (!reply.is_error()) return false;
  const std::string_view text = reply.text();
  return text.starts_with("NOPROTO") || text.starts_with("NOPERM") ||
         text.starts_with("ERR unknown command");
}

}  // namespace

RedisConnection::RedisConnection(RedisConnectionOptions options,
                                 boost::asio::io_context& loop,
                                 Log& log)
    : options_(std::move(options)),
      endpoint_(options_.endpoint),
      loop_(loop),
      outages_(options_.outages ? options_.outages : std::make_shared<OutageLog>(log)),
      socket_(loop.get_executor()),
      deadline_timer_(loop.get_executor()),
      attempt_timer_(loop.get_executor()),
      log_in_timer_(loop.get_executor()),
      pipeline_(options_.limits, until_stopped(options_.on_push, is_stopped_)),
      backoff_(options_.reconnect, options_.seed) {}

RedisConnection::~RedisConnection() = default;

void RedisConnection::start() {
  boost::asio::co_spawn(loop_.get_executor(), live(shared_from_this()), boost::asio::detached);
}

void RedisConnection::stop() {
  if (is_stopped_.exchange(true)) return;
  boost::asio::post(loop_, [self = shared_from_this()] {
    const Error stopped = self->error(ErrorCode::kCancelled, "the client was stopped");
    self->give_up(stopped, stopped);
    self->close();
    self->attempt_timer_.cancel();
    self->deadline_timer_.cancel();
  });
}

Task<Result<RespValue>> RedisConnection::execute(RedisCommand command) {
  return initiate(shared_from_this(), std::move(command));
}

Task<Result<RespValue>> RedisConnection::execute_borrowed(const RedisCommand& command) {
  return initiate(shared_from_this(), std::cref(command));
}

// `Command` is a command or a reference to one.
template <class Command>
Task<Result<RespValue>> RedisConnection::initiate(std::shared_ptr<RedisConnection> self,
                                                  Command command) {
  auto initiate = [owner = std::move(self)](auto handler, const RedisCommand& submitted) mutable {
    // Not kept with the frame that waits: the connection keeps that, and when their loop is
    // destroyed one has to let go of the other.
    const std::shared_ptr<RedisConnection> self = std::move(owner);
    using Waiter = HandlerWaiter<decltype(handler)>;
    const auto slot = boost::asio::get_associated_cancellation_slot(handler);
    const SteadyTime begin = std::chrono::steady_clock::now();
    const auto waiter =
        std::make_shared<Waiter>(std::move(handler), self->now_, self->latencies_, begin);
    if (slot.is_connected()) {
      boost::asio::cancellation_slot(slot).assign([weak = std::weak_ptr<Waiter>(waiter)](
                                                      boost::asio::cancellation_type /*type*/) {
        // The reply still has its place in the pipeline; nobody will hear of it.
        const auto waiting = weak.lock();
        if (waiting)
          waiting->complete_later(fail(ErrorCode::kCancelled, "the Redis command was cancelled"));
      });
    }
    if (self->is_ready()) {
      self->submit(submitted, begin + self->options_.command_budget, waiter);
    } else {
      waiter->complete_later(fail(self->error(ErrorCode::kUnavailable, "not connected")));
    }
  };
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<Executor>,
                                     void(Result<RespValue>)>(
      std::move(initiate), kUseTask, std::move(command));
}

// A command of the log-in: the attempt's own time limit is its budget. The loop keeps the coroutine
// that waits, not the pipeline: the connection, which the coroutine keeps alive, would keep itself.
Task<Result<RespValue>> RedisConnection::ask(RedisCommand command) {
  if (!is_open_) co_return fail(loss_);
  const auto waiter = std::make_shared<LogInWaiter<Timer>>(log_in_timer_);
  log_in_timer_.expires_at(SteadyTime::max());
  submit(command, SteadyTime::max(), waiter);
  while (!waiter->reply) {
    const auto [ended] = co_await log_in_timer_.async_wait(kAsTuple);
    static_cast<void>(ended);
  }
  co_return std::move(*waiter->reply);
}

void RedisConnection::submit(const RedisCommand& command,
                             SteadyTime deadline,
                             const std::shared_ptr<CommandPipeline::Waiter>& waiter) {
  const bool is_first = pipeline_.is_idle();
  if (Result<void> taken = pipeline_.submit(command, deadline, waiter); !taken) {
    waiter->complete_later(fail(error(taken.error().code(), taken.error().message())));
    return;
  }
  if (!is_deadline_armed_ && deadline != SteadyTime::max()) arm_deadline(deadline);
  // A lone command leaves at once; further ones gather until the end of the loop's turn, and what
  // follows upon replies until all of these are delivered.
  if (is_delivering_) return;
  if (is_first) {
    flush();
  } else {
    schedule_flush();
  }
}

void RedisConnection::schedule_flush() {
  if (is_flush_scheduled_ || is_writing_) return;
  is_flush_scheduled_ = true;
  boost::asio::post(loop_, [self = shared_from_this()] {
    self->is_flush_scheduled_ = false;
    self->flush();
  });
}

bool RedisConnection::has_output() const {
  return pipeline_.has_output() || (tls_ && tls_->has_output());
}

Result<void> RedisConnection::take_output() {
  if (!tls_) {
    pipeline_.take_output(writing_);
    return {};
  }
  pipeline_.take_output(plain_);
  if (Result<void> sealed = tls_->write(plain_); !sealed)
    return fail(error(sealed.error().code(), sealed.error().message()));
  tls_->take_output(writing_);
  return {};
}

void RedisConnection::flush() {
  if (!is_open_ || is_writing_ || !has_output()) return;
  if (Result<void> taken = take_output(); !taken) {
    give_up(taken.error(), taken.error());
    return;
  }
  // The socket nearly always takes it all: then there is nothing to wait for.
  boost::system::error_code failure;
  written_ = socket_.write_some(boost::asio::buffer(writing_), failure);
  if (failure && failure != boost::asio::error::would_block) {
    // The read ends soon, too, and may have the server's reason before its end.
    is_writing_ = true;
  } else if (written_ < writing_.size()) {
    write_rest();
  }
}

void RedisConnection::write_rest() {
  is_writing_ = true;
  auto on_written = [self = shared_from_this(), generation = generation_](
                        const boost::system::error_code& failure, std::size_t /*size*/) {
    // After a failure the read ends soon, too.
    if (generation != self->generation_ || failure) return;
    self->is_writing_ = false;
    self->flush();
  };
  boost::asio::async_write(
      socket_, boost::asio::buffer(writing_) + written_, std::move(on_written));
}

// One timer for all commands: their budgets are equal, so the oldest one's ends first, and a timer
// that was set for a command that has been answered since is set anew only when it goes off.
void RedisConnection::arm_deadline(SteadyTime deadline) {
  is_deadline_armed_ = true;
  deadline_timer_.expires_at(deadline);
  deadline_timer_.async_wait([self = shared_from_this()](const boost::system::error_code& failure) {
    self->is_deadline_armed_ = false;
    if (!failure) self->on_deadline();
  });
}

void RedisConnection::on_deadline() {
  const std::optional<SteadyTime> oldest = pipeline_.oldest_deadline();
  if (!is_ready() || !oldest) return;
  const SteadyTime now = std::chrono::steady_clock::now();
  if (*oldest > now) {
    looks_ = 0;
    arm_deadline(*oldest);
    return;
  }
  // What has arrived while the loop was busy is no time-out: not Redis was late but we. The read
  // that waits comes before a timer that is set for now.
  boost::system::error_code ignored;
  if (looks_ < kMaxLooks && socket_.available(ignored) > 0) {
    ++looks_;
    arm_deadline(now);
    return;
  }
  record_waits(now);
  drop_unreceived();
  give_up(error(ErrorCode::kTimeout,
                "no reply within " + std::to_string(options_.command_budget.count()) + " ms"),
          error(ErrorCode::kUnavailable,
                "the connection was given up: an earlier command had no reply in time"));
}

// What has no reply has taken so long at least: left out, it would make a frozen server look well.
void RedisConnection::record_waits(SteadyTime now) {
  for (const SteadyTime deadline : pipeline_.deadlines()) {
    const SteadyTime begin = deadline - options_.command_budget;
    latencies_.record(std::chrono::duration_cast<std::chrono::microseconds>(now - begin), now);
  }
}

// Closed in the usual way, the system would go on for minutes to deliver what the network has lost,
// and a command that everybody has given up on would be executed after later ones of another
// connection.
void RedisConnection::drop_unreceived() {
  if (!endpoint_.unix_path.empty()) return;
  boost::system::error_code ignored;
  ignored = socket_.set_option(boost::asio::socket_base::linger(true, 0), ignored);
}

void RedisConnection::give_up(const Error& oldest, const Error& others) {
  if (!is_open_) return;
  loss_ = oldest;
  close();
  const bool was_ready = is_ready_.exchange(false);
  if (was_ready && options_.on_lost && !is_stopped_) options_.on_lost(oldest);
  pipeline_.fail_all(oldest, others);
  // Only somebody who waits for the loss of a connection that is ready uses it then.
  if (was_ready) attempt_timer_.cancel();
}

void RedisConnection::reconnect(std::string_view reason) {
  const Error given_up = error(ErrorCode::kUnavailable, reason);
  const bool was_ready = is_ready();
  give_up(given_up, given_up);
  if (was_ready || is_stopped_) return;
  // What has failed so far says nothing about the next attempt.
  backoff_.reset();
  is_urged_ = !is_pausing_;
  if (is_pausing_) attempt_timer_.cancel();
}

void RedisConnection::close() {
  ++generation_;
  is_open_ = false;
  is_writing_ = false;
  looks_ = 0;
  tls_.reset();
  close_quietly(socket_);
}

Task<void> RedisConnection::live(std::shared_ptr<RedisConnection> self) {
  // If the loop is destroyed this goes with it, and so must who still waits for a reply: they may
  // keep the connection, which keeps them.
  struct LastWill {
    ~LastWill() {
      const Error gone(ErrorCode::kCancelled, "the event loop has ended");
      connection.pipeline_.fail_all(gone, gone);
    }
    RedisConnection& connection;
  };
  const LastWill last_will{*self};
  while (!self->is_stopped_) {
    Result<void> up = co_await self->establish();
    if (self->is_stopped_) break;
    if (up) {
      co_await self->serve();
    } else {
      self->report_failure(up.error());
    }
    if (self->is_stopped_) break;
    co_await self->pause();
  }
  self->close();
}

// From the log-in to the loss.
Task<void> RedisConnection::serve() {
  backoff_.reset();
  is_urged_ = false;
  is_ready_.store(true, std::memory_order_release);
  outages_->report_back(endpoint_.describe());
  if (options_.on_ready) options_.on_ready();
  co_await wait_for_loss();
  if (!is_stopped_) report_away(loss_);
}

void RedisConnection::report_failure(const Error& error) {
  report_away(error);
  if (options_.on_connect_failed) options_.on_connect_failed(error);
}

Task<void> RedisConnection::wait_for_loss() {
  attempt_timer_.expires_at(SteadyTime::max());
  while (is_ready()) {
    const auto [ended] = co_await attempt_timer_.async_wait(kAsTuple);
    static_cast<void>(ended);
  }
}

Task<void> RedisConnection::pause() {
  if (std::exchange(is_urged_, false)) co_return;
  attempt_timer_.expires_after(backoff_.next());
  is_pausing_ = true;
  const auto [ended] = co_await attempt_timer_.async_wait(kAsTuple);
  static_cast<void>(ended);
  is_pausing_ = false;
}

Task<Result<void>> RedisConnection::locate() {
  if (!options_.locate) co_return Result<void>();
  Result<RedisEndpoint> found = co_await options_.locate();
  if (!found) co_return fail(found.error());
  endpoint_ = std::move(*found);
  co_return Result<void>();
}

Task<Result<void>> RedisConnection::establish() {
  Result<void> located = co_await locate();
  if (!located) co_return fail(located.error());
  limit_attempt();
  waited_for_ = "connecting";
  Result<void> done = co_await connect();
  if (done && endpoint_.is_tls) done = co_await secure();
  if (done) {
    waited_for_ = "the log-in";
    is_open_ = true;
    read();
    done = co_await shake_hands();
  }
  attempt_timer_.cancel();
  if (done && is_open_ && !is_attempt_over_) co_return Result<void>();
  if (done) done = fail(loss_);
  give_up(done.error(), done.error());
  close();
  if (is_attempt_over_) {
    const std::string budget = std::to_string(options_.connect_budget.count());
    co_return fail(
        error(ErrorCode::kTimeout,
              "no connection within " + budget + " ms: " + waited_for_ + " took too long"));
  }
  co_return fail(done.error());
}

void RedisConnection::limit_attempt() {
  close();
  is_attempt_over_ = false;
  attempt_timer_.expires_after(options_.connect_budget);
  attempt_timer_.async_wait([self = shared_from_this(),
                             generation = generation_](const boost::system::error_code& failure) {
    if (failure || generation != self->generation_ || self->is_ready()) return;
    self->is_attempt_over_ = true;
    const Error late = self->error(ErrorCode::kTimeout, "the log-in took too long");
    self->give_up(late, late);
    close_quietly(self->socket_);
  });
}

Task<Result<std::vector<RedisConnection::Endpoint>>> RedisConnection::resolve() {
  using boost::asio::ip::tcp;
  std::vector<Endpoint> endpoints;
  const RedisEndpoint& server = endpoint_;
  if (!server.unix_path.empty()) {
    endpoints.emplace_back(boost::asio::local::stream_protocol::endpoint(server.unix_path));
    co_return endpoints;
  }
  boost::system::error_code not_literal;
  const auto address = boost::asio::ip::make_address(server.host, not_literal);
  if (!not_literal) {
    endpoints.emplace_back(tcp::endpoint(address, server.port));
    co_return endpoints;
  }
  boost::asio::ip::basic_resolver<tcp, Executor> resolver(loop_.get_executor());
  const std::string port = std::to_string(server.port);
  const auto [failure, found] = co_await resolver.async_resolve(server.host, port, kAsTuple);
  if (failure) co_return fail(error(ErrorCode::kUnavailable, "no address: " + failure.message()));
  for (const auto& result : found)
    endpoints.emplace_back(result.endpoint());
  co_return endpoints;
}

Task<Result<void>> RedisConnection::connect() {
  Result<std::vector<Endpoint>> endpoints = co_await resolve();
  if (!endpoints) co_return fail(endpoints.error());
  boost::system::error_code last = boost::asio::error::host_not_found;
  for (const Endpoint& endpoint : *endpoints) {
    close_quietly(socket_);
    if (is_attempt_over_ || is_stopped_) break;
    const auto [failure] = co_await socket_.async_connect(endpoint, kAsTuple);
    last = failure;
    if (failure) continue;
    last = socket_.non_blocking(true, last);
    if (endpoint_.unix_path.empty())
      last = socket_.set_option(boost::asio::ip::tcp::no_delay(true), last);
    if (!last) co_return Result<void>();
  }
  co_return fail(error(ErrorCode::kUnavailable, "connecting failed: " + last.message()));
}

Task<Result<void>> RedisConnection::secure() {
  if (!endpoint_.tls)
    co_return fail(error(ErrorCode::kInvalidArgument, "TLS is wanted, and nobody is trusted"));
  Result<std::unique_ptr<TlsSession>> session = TlsSession::create(endpoint_.tls, endpoint_.host);
  if (!session) co_return fail(error(session.error().code(), session.error().message()));
  waited_for_ = "the TLS handshake";
  tls_ = std::move(*session);
  sealed_.resize(kSealedBytes);
  Result<void> secured = co_await exchange_tls();
  co_return secured;
}

// The handshake: what is to be sent also when it has failed, so that the server hears why.
Task<Result<void>> RedisConnection::exchange_tls() {
  while (true) {
    Result<bool> done = tls_->shake_hands();
    tls_->take_output(writing_);
    // A failure to send shows when reading, where the server's reason may come first.
    const auto [ignored, sent] =
        co_await boost::asio::async_write(socket_, boost::asio::buffer(writing_), kAsTuple);
    static_cast<void>(ignored);
    static_cast<void>(sent);
    if (!done) co_return fail(error(done.error().code(), done.error().message()));
    // Without a session it was stopped meanwhile.
    if (*done && tls_) co_return Result<void>();
    const auto [failure, size] =
        co_await socket_.async_read_some(boost::asio::buffer(sealed_), kAsTuple);
    if (failure || !tls_)
      co_return fail(
          error(ErrorCode::kUnavailable, "the TLS handshake had no answer: " + failure.message()));
    tls_->receive(std::span(sealed_).first(size));
  }
}

// What follows depends on how the log-in ends, so it is sent only then.
Task<Result<void>> RedisConnection::shake_hands() {
  is_hello_known_ = endpoint_.protocol == RedisProtocol::kResp3;
  auto done = Result<void>();
  if (is_hello_known_) done = co_await say_hello();
  if (done && !is_hello_known_) done = co_await log_in();
  if (done) done = co_await greet();
  co_return done;
}

// The user's name is always given: without one HELLO cannot log in.
Task<Result<void>> RedisConnection::say_hello() {
  const RedisEndpoint& server = endpoint_;
  const std::string_view user = server.user.empty() ? "default" : std::string_view(server.user);
  RedisCommand hello;
  if (server.password.empty()) {
    hello.add({"HELLO", "3", "SETNAME", kClientName});
  } else {
    hello.add({"HELLO", "3", "AUTH", user, server.password, "SETNAME", kClientName});
  }
  Result<RespValue> reply = co_await ask(std::move(hello));
  if (!reply) co_return fail(reply.error());
  is_hello_known_ = !is_hello_refused(*reply);
  if (!is_hello_known_) co_return Result<void>();
  co_return check_log_in(*reply);
}

Task<Result<void>> RedisConnection::log_in() {
  const RedisEndpoint& server = endpoint_;
  RedisCommand log_in;
  if (!server.user.empty()) {
    log_in.add({"AUTH", server.user, server.password});
  } else if (!server.password.empty()) {
    log_in.add({"AUTH", server.password});
  }
  log_in.add({"CLIENT", "SETNAME", kClientName});
  const bool has_password = log_in.size() > 1;
  Result<RespValue> reply = co_await ask(std::move(log_in));
  if (!reply) co_return fail(reply.error());
  if (has_password) co_return check_log_in(reply->elements().front());
  // The name is for people who look at the server: an ACL may forbid it. Not being logged in is
  // another matter.
  if (reply->text().starts_with("NOAUTH")) co_return check_log_in(*reply);
  co_return Result<void>();
}

Result<void> RedisConnection::check_log_in(const RespValue& reply) const {
  if (!reply.is_error()) return {};
  const std::string_view what =
      reply.text().starts_with("NOAUTH") ? "a password is needed: " : "the log-in was refused: ";
  return fail(error(ErrorCode::kUnavailable, std::string(what) + reply.text()));
}

Task<Result<void>> RedisConnection::greet() {
  RedisCommand greeting;
  if (endpoint_.database != 0) greeting.add({"SELECT", std::to_string(endpoint_.database)});
  greeting.add(options_.greeting);
  if (greeting.size() == 0) co_return Result<void>();
  const bool is_single = greeting.size() == 1;
  Result<RespValue> reply = co_await ask(std::move(greeting));
  if (!reply) co_return fail(reply.error());
  if (is_single) {
    std::vector<RespValue> one;
    one.push_back(std::move(*reply));
    reply = RespValue::array_of(std::move(one));
  }
  co_return check_greeting(*reply);
}

Result<void> RedisConnection::check_greeting(const RespValue& replies) const {
  auto next = replies.elements().begin();
  if (endpoint_.database != 0) {
    const RespValue& selected = *next++;
    if (selected.is_error())
      return fail(error(ErrorCode::kUnavailable, "the database was refused: " + selected.text()));
  }
  if (next == replies.elements().end() || is_stopped_ || !options_.on_greeted) return {};
  const RespValue greeting =
      options_.greeting.size() == 1
          ? *next
          : RespValue::array_of(std::vector<RespValue>(next, replies.elements().end()));
  Result<void> greeted = options_.on_greeted(greeting);
  if (!greeted) return fail(error(greeted.error().code(), greeted.error().message()));
  return {};
}

void RedisConnection::read() {
  const std::span<char> room = tls_ ? std::span<char>(sealed_) : pipeline_.prepare();
  auto on_done = [self = shared_from_this(), generation = generation_](
                     const boost::system::error_code& failure, std::size_t size) {
    if (generation == self->generation_) self->on_read(failure, size);
  };
  socket_.async_read_some(boost::asio::mutable_buffer(room.data(), room.size()),
                          std::move(on_done));
}

void RedisConnection::on_read(const boost::system::error_code& failure, std::size_t size) {
  if (failure) {
    const bool is_closed = failure == boost::asio::error::eof;
    give_up(error(ErrorCode::kUnavailable,
                  is_closed ? "the server closed the connection"
                            : "receiving failed: " + failure.message()),
            error(ErrorCode::kUnavailable, "the connection was lost"));
    return;
  }
  now_ = std::chrono::steady_clock::now();
  is_delivering_ = true;
  Result<void> received = tls_ ? open_received(size) : pipeline_.receive(size);
  is_delivering_ = false;
  if (!received) {
    give_up(error(received.error().code(), received.error().message()),
            error(ErrorCode::kUnavailable, "the connection was lost"));
    return;
  }
  flush();
  if (is_open_) read();
}

// A caller that hears of its reply may give the connection up, and the session is gone with it.
Result<void> RedisConnection::open_received(std::size_t size) {
  tls_->receive(std::span(sealed_).first(size));
  while (tls_) {
    Result<std::size_t> opened = tls_->read(pipeline_.prepare());
    if (!opened) return fail(opened.error());
    if (*opened == 0) break;
    if (Result<void> received = pipeline_.receive(*opened); !received) return received;
  }
  return {};
}

void RedisConnection::report_away(const Error& error) {
  outages_->report_away(error.message(), std::chrono::steady_clock::now());
}

Error RedisConnection::error(ErrorCode code, std::string_view what) const {
  return Error(code, "Redis at " + endpoint_.describe() + ": " + std::string(what));
}

}  // namespace refrain
