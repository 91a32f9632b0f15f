#pragma once

/// @file
/// The part of a server that lives on one event loop.

#include "refrain/core/log.h"
#include "refrain/core/task.h"
#include "refrain/http/connection.h"
#include "refrain/http/handler.h"
#include "refrain/http/limits.h"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>

namespace refrain::http {

/// What a server's loops share.
struct ServerShared {
  ServerShared(Handler& to_answer, const Limits& to_obey, Log& sink)
      : handler(to_answer),
        limits(to_obey),
        log(sink) {}

  Handler& handler;
  const Limits limits;
  Log& log;
  std::atomic<std::size_t> connections{0};
};

/// Accepts connections on one event loop and watches over their deadlines with one timer for all.
///
/// Thread safety: belongs to its loop's thread, except where said.
class ServerLoop : public std::enable_shared_from_this<ServerLoop> {
public:
  using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, Executor>;

  /// @pre `acceptor` listens.
  ServerLoop(Acceptor acceptor, std::shared_ptr<ServerShared> shared);

  /// Begins to accept. Any thread, before the loop runs.
  void start();

  /// Accepts no more; idle connections close, the others close after their response.
  void drain();

  /// Drops everything at once.
  void stop();

  [[nodiscard]] const Limits& limits() const { return shared_->limits; }
  [[nodiscard]] Handler& handler() { return shared_->handler; }
  [[nodiscard]] Log& log() { return shared_->log; }
  /// Seconds since the start, about.
  [[nodiscard]] std::uint32_t tick() const { return tick_; }
  /// The present time as an IMF-fixdate (RFC 9110 section 5.6.7), renewed every second.
  [[nodiscard]] std::string_view date() const { return date_; }
  [[nodiscard]] std::uint64_t next_connection_id();

  std::list<Connection*>::iterator add(Connection& connection, Admission admission);
  void remove(std::list<Connection*>::iterator place, Admission admission);

private:
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        Executor>;

  void accept();
  void on_accepted(boost::system::error_code error, Connection::Socket socket);
  void wait_a_second();
  void renew_date();

  Acceptor acceptor_;
  Timer second_;
  Timer accept_pause_;
  std::shared_ptr<ServerShared> shared_;
  std::list<Connection*> connections_;
  std::size_t turned_away_ = 0;  // of these
  std::string date_;
  std::uint32_t tick_ = 0;
  std::uint64_t connection_id_;
  bool is_draining_ = false;
  bool is_stopped_ = false;
};

}  // namespace refrain::http
