#pragma once

/// @file
/// One client's connection.

#include "refrain/core/task.h"
#include "refrain/http/handler.h"
#include "refrain/http/limits.h"
#include "refrain/http/request.h"
#include "refrain/http/request_parser.h"
#include "refrain/http/response.h"
#include "refrain/http/response_writer.h"

#include <boost/system/error_code.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace refrain::http {

class ServerLoop;

/// Whether a client is served, or only told that there are too many.
enum class Admission : std::uint8_t { kServed, kTurnedAway };

/// Reads requests, lets the handler answer, writes the answers, the body straight from where it is
/// kept (`ResponseWriter`). Requests of one connection are answered in their order, one at a time.
///
/// Thread safety: belongs to one event loop.
/// Ownership: kept alive by its pending operation, and keeps its loop alive; the loop has a list of
/// all for deadlines, draining and stopping.
class Connection : public std::enable_shared_from_this<Connection> {
public:
  using Socket = ResponseWriter::Socket;

  Connection(Socket socket, std::shared_ptr<ServerLoop> loop, Admission admission);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  void start();

  /// Closes now if no request is under way, else after its response and the time to read it.
  void drain();

  /// Closes now. Work for a request goes on to its end, without an answer.
  void stop();

  /// Called once a second: gives up on a client that is past its deadline.
  void check_deadline(std::uint32_t tick);

private:
  enum class Phase : std::uint8_t { kIdle, kHead, kBody, kAnswering, kWriting, kLingering };

  void enter(Phase phase, std::chrono::seconds limit);
  void turn_away();
  void begin_request();
  /// @pre A request has begun.
  RequestParser& parser();
  void read();
  void on_read(boost::system::error_code error, std::size_t size);
  void parse();
  void want_more();
  void reuse_buffer();
  void answer();
  void on_answered(const std::exception_ptr& failure);
  void refuse(boost::system::error_code error);
  void refuse(unsigned status, std::string_view code, std::string_view message);
  void write();
  void write_interim_continue();
  void on_written(boost::system::error_code error);
  void linger();
  void build_head();

  Socket socket_;
  const std::shared_ptr<ServerLoop> loop_;
  const Admission admission_;
  std::list<Connection*>::iterator place_;  // in the loop's list

  std::vector<char> buffer_;  // never reallocated: views into it stay valid
  std::size_t received_ = 0;  // bytes in the buffer
  std::size_t parsed_ = 0;    // of these, given to the parser
  std::optional<RequestParser> parser_;
  Request request_;
  Response response_;
  std::string head_;
  ResponseWriter writer_;
  std::uint64_t request_count_ = 0;
  const std::string id_;

  Phase phase_ = Phase::kIdle;
  std::uint32_t deadline_tick_ = 0;
  bool keeps_alive_ = false;
  bool is_draining_ = false;
  bool is_from_loopback_ = false;
  bool has_sent_continue_ = false;
};

}  // namespace refrain::http
