#pragma once

/// @file
/// One of the servers that tell of changes.

#include "refrain/core/log.h"
#include "refrain/core/result.h"
#include "refrain/core/task.h"
#include "refrain/redis/client/redis_connection.h"
#include "refrain/redis/client/redis_source.h"
#include "refrain/redis/client/resp_value.h"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace refrain {

/// A connection on which a server tells of every change of keys under a prefix, by `CLIENT
/// TRACKING` in broadcasting mode.
///
/// It is up once the server tracks and has given a sign of life after that; of the server that
/// keeps the epoch's key that is the epoch, adopted. It is down as soon as the connection is lost
/// or a sign of life is bad. One is asked for each `heartbeat`, and must come within the
/// connection's command budget. It is about a key that the server should keep, so that one which
/// the others have given up for dead, or put in another's place, does not count as alive: MOVED,
/// CLUSTERDOWN and another role than a master's are bad signs.
///
/// Thread safety: `stop` from any thread; everything else on its loop.
/// Ownership: the work in its loop keeps it alive until it was stopped, as it keeps its owner. The
/// log outlives that.
class TrackedServer : public std::enable_shared_from_this<TrackedServer> {
public:
  /// Who is told what a server says. Nobody is once the server was stopped. Called on the loop.
  class Owner {
  public:
    Owner() = default;
    Owner(const Owner&) = delete;
    Owner& operator=(const Owner&) = delete;
    virtual ~Owner() = default;

    /// The epoch's key holds `reply`; an error keeps the server down.
    virtual Result<void> adopt_epoch(const RespValue& reply) = 0;
    /// `server` tells of every change from now on, or from before now.
    virtual void on_server_up(const std::string& server) = 0;
    /// It does not any more, or cannot be reached at all.
    virtual void on_server_down(const std::string& server) = 0;
    /// It will not.
    virtual void on_refused(const std::string& reason) = 0;
    virtual void on_message(const RespValue& message) = 0;
  };

  struct Options {
    RedisConnectionOptions connection;  ///< Its greeting and its functions are the server's.
    std::string prefix;                 ///< Of the keys whose changes are told.
    std::string epoch_key;
    std::string sign_prefix;  ///< Of the keys that signs of life are about; nothing is there.
    std::chrono::milliseconds heartbeat{250};
  };

  /// @pre `loop` is run by one thread and outlives this.
  TrackedServer(Options options,
                RedisSource source,
                std::shared_ptr<Owner> owner,
                boost::asio::io_context& loop,
                Log& log);
  TrackedServer(const TrackedServer&) = delete;
  TrackedServer& operator=(const TrackedServer&) = delete;
  ~TrackedServer();

  /// By which its owner knows it: its address, or nothing if there is only one.
  static std::string name_of(const RedisSource& source);

  /// Once.
  void start();
  void stop();

  /// What is known of it has changed, but not its address.
  void update(const RedisSource& source);
  /// Down, until it has given another sign of life.
  void doubt();

  /// What the epoch's key holds by its reply, or why there is none. Not kept by who waits for it.
  [[nodiscard]] Task<Result<RespValue>> ask_for_epoch() const;

private:
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        Executor>;

  static Task<void> live(std::shared_ptr<TrackedServer> self);
  static Task<Result<RespValue>> not_connected();
  [[nodiscard]] RedisConnectionOptions connection_options();
  [[nodiscard]] Task<Result<RespValue>> ask(RedisCommand command) const;
  [[nodiscard]] RedisCommand sign_of_life() const;
  Result<void> greet(const RespValue& replies);
  void take_sign(const Result<RespValue>& reply);
  [[nodiscard]] bool is_good(const RespValue& sign) const;
  [[nodiscard]] bool is_alive(const RespValue& sign) const;
  void begin_anew();
  void go_down();

  const Options options_;
  const std::shared_ptr<Owner> owner_;
  boost::asio::io_context& loop_;
  Log& log_;
  // The loop's and not its own: what waits on it keeps this.
  std::weak_ptr<RedisConnection> connection_;

  // The loop's own.
  RedisSource source_;
  std::string sign_key_;
  Timer timer_;
  std::uint64_t version_ =
      0;  // of the connection and the source: signs of an earlier one say nothing
  bool is_tracking_ = false;  // since the log-in
  bool is_up_ = false;
  std::atomic<bool> is_stopped_{false};
};

}  // namespace refrain
