#pragma once

/// @file
/// One connection to one Redis server, on one event loop.

#include "refrain/core/backoff.h"
#include "refrain/core/log.h"
#include "refrain/core/result.h"
#include "refrain/core/task.h"
#include "refrain/redis/client/command_pipeline.h"
#include "refrain/redis/client/latency_window.h"
#include "refrain/redis/client/outage_log.h"
#include "refrain/redis/client/redis_command.h"
#include "refrain/redis/client/redis_url.h"
#include "refrain/redis/client/resp_value.h"
#include "refrain/redis/client/tls_session.h"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace refrain {

/// How to reach a server and how long to wait for it.
struct RedisConnectionOptions {
  RedisEndpoint endpoint;
  std::chrono::milliseconds connect_budget{250};  ///< Of connecting, TLS and logging in together.
  std::chrono::milliseconds command_budget{50};   ///< From `execute` to the reply.
  Backoff::Config reconnect{std::chrono::milliseconds(50), std::chrono::milliseconds(2000)};
  std::uint64_t seed = 0;  ///< Of the jitter between attempts.
  CommandPipeline::Limits limits;

  /// Asked at the end of every log-in; empty for nothing.
  RedisCommand greeting;
  /// Judges the greeting's reply; with an error the connection is given up.
  std::function<Result<void>(const RespValue&)> on_greeted;
  /// Told of every attempt to connect that failed.
  std::function<void(const Error&)> on_connect_failed;
  /// Told when a connection that was ready no longer is, at once and before what waited on it is;
  /// not of the end by `stop`. Called on the connection's loop; must not call the connection.
  std::function<void(const Error&)> on_lost;
  /// Told of every push message (RESP3), in the order in which it arrived among the replies; also
  /// of those that come during the log-in. Empty drops them. Called on the connection's loop.
  std::function<void(const RespValue&)> on_push;

  /// Asked before every attempt where to connect to; empty for always to `endpoint`. What it says
  /// is used in place of `endpoint`, with an error the attempt has failed. It limits its own time.
  std::function<Task<Result<RedisEndpoint>>()> locate;
  /// Told that commands can be sent from now on.
  std::function<void()> on_ready;

  /// Where it is said that the server is away or back, shared by connections to one server; null
  /// for one of the connection's own.
  std::shared_ptr<OutageLog> outages;
};

/// A multiplexed connection: commands of many coroutines go out together, as many in one write as
/// have come up in one turn of the loop, and replies are matched in order.
///
/// It connects in the background, again and again, and a command that comes while it is away fails
/// at once. A command whose budget runs out takes the connection down with it, and every other
/// command that waits on it: after a time-out the next bytes could be anybody's reply. Over TCP it
/// is reset then, so that of these commands none is executed that the server's system has not yet
/// received; what it has received may be executed at any time, as also over a Unix socket.
///
/// What comes over a subscription are push messages, so that `SUBSCRIBE` and its kin, to one
/// channel each time, are for a server that speaks RESP3 (`speaks_resp3`): from any other the first
/// message would be a reply that nobody asked for, and costs the connection. `UNSUBSCRIBE` is not
/// for this class: its only reply is a message, for which nobody waits, and the connection ends
/// with the command's budget.
///
/// Budgets run in real time, not by an injected clock, since the server and the sockets do.
///
/// Thread safety: `is_ready` and `latencies` from any thread; `stop` too; everything else on its
/// loop. Ownership: the work in its loop keeps it alive until it was stopped. The log and what the
/// options' functions refer to outlive the call of `stop`.
class RedisConnection : public std::enable_shared_from_this<RedisConnection> {
public:
  /// @pre `loop` is run by one thread and outlives the connection.
  RedisConnection(RedisConnectionOptions options, boost::asio::io_context& loop, Log& log);
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;
  ~RedisConnection();

  /// Begins connecting in the background. From any thread, once.
  void start();

  /// Ends what waits with `kCancelled`, on the loop, and calls none of the options' functions any
  /// more.
  void stop();

  /// The reply, or why there is none. An error reply of the server is a reply.
  Task<Result<RespValue>> execute(RedisCommand command);
  /// The same for a command that outlives the await, so that it can be sent again.
  Task<Result<RespValue>> execute_borrowed(const RedisCommand& command);

  /// Gives the connection up for a reason of the caller's; it is made anew in the background. One
  /// that is not there is tried again without the rest of the pause between attempts.
  void reconnect(std::string_view reason);

  [[nodiscard]] bool is_ready() const { return is_ready_.load(std::memory_order_acquire); }
  /// Whether the server sends push messages, as the latest log-in has shown.
  [[nodiscard]] bool speaks_resp3() const { return is_hello_known_; }
  [[nodiscard]] boost::asio::io_context& loop() const { return loop_; }
  /// How long commands took, and of those that a time-out has ended how long they waited.
  [[nodiscard]] const LatencyWindow& latencies() const { return latencies_; }

private:
  using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, Executor>;
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        Executor>;
  using Endpoint = boost::asio::generic::stream_protocol::endpoint;

  // Members that are coroutines keep their connection alive by `self`.
  static Task<void> live(std::shared_ptr<RedisConnection> self);
  template <class Command>
  static Task<Result<RespValue>> initiate(std::shared_ptr<RedisConnection> self, Command command);
  Task<Result<void>> locate();
  Task<Result<void>> establish();
  Task<Result<std::vector<Endpoint>>> resolve();
  Task<Result<void>> connect();
  Task<Result<void>> secure();
  Task<Result<void>> exchange_tls();
  Task<Result<void>> shake_hands();
  Task<Result<void>> say_hello();
  Task<Result<void>> log_in();
  Task<Result<void>> greet();
  Task<Result<RespValue>> ask(RedisCommand command);
  Task<void> serve();
  Task<void> wait_for_loss();
  Task<void> pause();
  Result<void> check_log_in(const RespValue& reply) const;
  Result<void> check_greeting(const RespValue& replies) const;

  void submit(const RedisCommand& command,
              SteadyTime deadline,
              const std::shared_ptr<CommandPipeline::Waiter>& waiter);
  void read();
  void on_read(const boost::system::error_code& failure, std::size_t size);
  Result<void> open_received(std::size_t size);
  [[nodiscard]] bool has_output() const;
  Result<void> take_output();
  void schedule_flush();
  void flush();
  void write_rest();
  void arm_deadline(SteadyTime deadline);
  void on_deadline();
  void record_waits(SteadyTime now);
  void drop_unreceived();
  void limit_attempt();
  void give_up(const Error& oldest, const Error& others);
  void report_failure(const Error& error);
  void report_away(const Error& error);
  void close();
  [[nodiscard]] Error error(ErrorCode code, std::string_view what) const;

  const RedisConnectionOptions options_;
  RedisEndpoint endpoint_;  // the server of the latest attempt
  boost::asio::io_context& loop_;
  const std::shared_ptr<OutageLog> outages_;
  Socket socket_;
  Timer deadline_timer_;  // the oldest command's
  Timer attempt_timer_;   // the end of an attempt to connect, or of the pause before the next;
                          // cancelled when a connection that was ready is lost
  Timer log_in_timer_;    // never goes off; cancelled by a reply to the log-in
  CommandPipeline pipeline_;
  LatencyWindow latencies_;
  Backoff backoff_;
  std::unique_ptr<TlsSession> tls_;  // null: bytes go as they are
  std::vector<char> sealed_;         // with TLS, where the socket is read to
  std::string plain_;                // with TLS, what is sealed next
  SteadyTime now_;                   // when the latest bytes came
  std::string writing_;
  std::size_t written_ = 0;
  std::uint64_t generation_ = 0;  // of the socket: callbacks of an earlier one have nothing to say
  Error loss_{ErrorCode::kUnavailable, {}};  // why the last connection that was ready is gone
  const char* waited_for_ = "";              // the step that an attempt to connect has come to
  bool is_attempt_over_ = false;             // its budget ran out
  bool is_hello_known_ = true;               // by the server that is being logged in to
  bool is_open_ = false;                     // bytes can be sent: the log-in is under way or done
  bool is_writing_ = false;
  bool is_delivering_ = false;
  bool is_flush_scheduled_ = false;
  bool is_deadline_armed_ = false;
  int looks_ = 0;            // how often the oldest command was found overdue with bytes to be read
  bool is_pausing_ = false;  // between two attempts to connect
  bool is_urged_ = false;    // the next pause is left out
  std::atomic<bool> is_ready_{false};
  std::atomic<bool> is_stopped_{false};
};

}  // namespace refrain
