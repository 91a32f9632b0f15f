#include "refrain/http/connection.h"

#include "refrain/core/hex.h"
#include "refrain/core/log.h"
#include "refrain/http/problem.h"
#include "refrain/http/server_loop.h"
#include "refrain/http/status.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/system/errc.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cstring>
#include <span>
#include <utility>

namespace refrain::http {
namespace {

namespace beast_http = boost::beast::http;
using ErrorCode = boost::system::error_code;

constexpr std::chrono::seconds kForever{0};
// How long a client may go on sending after it was refused, so that it can read why.
constexpr std::chrono::seconds kLingerTime{2};
constexpr std::size_t kMaxRequestIdSize = 128;
// What the buffer has beyond the largest head: small bodies arrive with their head and are not
// copied.
constexpr std::size_t kRoomForBody = 4096;

bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxRequestIdSize &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

void append_number(std::string& text, std::size_t number) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  text.append(digits.data(), end);
}

// RFC 9110 section 6.4.1.
bool can_have_content(unsigned status) {
  return status != 204 && status != 304;
}

// Also of an IPv4 client as a socket for both families sees it: ::ffff:127.0.0.1.
bool is_loopback(const boost::asio::ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address.is_loopback();
  return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6())
      .is_loopback();
}

// Whether writing failed for a file's sake and not because the client has left.
bool is_of_file(ErrorCode error) {
  return error == boost::asio::error::eof || error == boost::system::errc::io_error;
}

std::string describe(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& exception) {
    return exception.what();
  } catch (...) {
    return "something that is no std::exception";
  }
}

}  // namespace

Connection::Connection(Socket socket, std::shared_ptr<ServerLoop> loop, Admission admission)
    : socket_(std::move(socket)),
      loop_(std::move(loop)),
      admission_(admission),
      buffer_(loop_->limits().max_header_bytes + kRoomForBody),
      writer_(socket_),
      id_(to_hex(loop_->next_connection_id())) {
  place_ = loop_->add(*this, admission_);
  ErrorCode ignored;
  static_cast<void>(socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored));
  const auto peer = socket_.remote_endpoint(ignored);
  is_from_loopback_ = !ignored && is_loopback(peer.address());
}

Connection::~Connection() {
  loop_->remove(place_, admission_);
}

void Connection::start() {
  if (admission_ == Admission::kServed) {
    begin_request();
  } else {
    turn_away();
  }
}

void Connection::turn_away() {
  write_problem(response_,
                Error(refrain::ErrorCode::kUnavailable, "too many connections; try again soon"));
  keeps_alive_ = false;
  write();
}

void Connection::enter(Phase phase, std::chrono::seconds limit) {
  phase_ = phase;
  // One tick more: the current second has partly gone by.
  deadline_tick_ =
      limit == kForever ? 0 : loop_->tick() + static_cast<std::uint32_t>(limit.count()) + 1;
}

void Connection::begin_request() {
  ++request_count_;
  // What came after the last request moves to the front.
  received_ -= parsed_;
  if (received_ > 0) std::memmove(buffer_.data(), buffer_.data() + parsed_, received_);
  parsed_ = 0;
  has_sent_continue_ = false;
  parser_.emplace(request_, buffer_, loop_->limits());
  request_.is_from_loopback_ = is_from_loopback_;
  if (received_ > 0) {
    enter(Phase::kHead, loop_->limits().header_timeout);
    parse();
  } else {
    enter(Phase::kIdle, loop_->limits().idle_timeout);
    read();
  }
}

RequestParser& Connection::parser() {
  assert(parser_.has_value());
  return *parser_;
}

void Connection::read() {
  socket_.async_read_some(
      boost::asio::buffer(buffer_.data() + received_, buffer_.size() - received_),
      [self = shared_from_this()](ErrorCode error, std::size_t size) {
        self->on_read(error, size);
      });
}

void Connection::on_read(ErrorCode error, std::size_t size) {
  if (phase_ == Phase::kLingering) {
    if (error) return;
    received_ = 0;
    read();
    return;
  }
  // A read that succeeded while the deadline's refusal was being written comes too late.
  if (error || phase_ == Phase::kWriting) return;
  if (phase_ == Phase::kIdle) enter(Phase::kHead, loop_->limits().header_timeout);
  received_ += size;
  parse();
}

void Connection::parse() {
  ErrorCode error;
  parsed_ += parser().consume(std::span(buffer_).subspan(parsed_, received_ - parsed_), error);
  if (error) {
    refuse(error);
  } else if (parser().is_done()) {
    answer();
  } else {
    want_more();
  }
}

void Connection::want_more() {
  if (parser().is_header_done()) {
    if (phase_ != Phase::kBody) enter(Phase::kBody, loop_->limits().body_timeout);
    reuse_buffer();
    if (parser().has_expect_continue() && !std::exchange(has_sent_continue_, true)) {
      write_interim_continue();
      return;
    }
  }
  if (received_ == buffer_.size()) {
    refuse(beast_http::error::header_limit);
  } else {
    read();
  }
}

void Connection::reuse_buffer() {
  // The head stays where its views point to; what lies behind it and has been parsed makes room.
  parser().keep_body();
  const auto head_size = static_cast<std::size_t>(parser().end_of_head() - buffer_.data());
  received_ -= parsed_;
  std::memmove(buffer_.data() + head_size, buffer_.data() + parsed_, received_);
  received_ += head_size;
  parsed_ = head_size;
}

void Connection::answer() {
  keeps_alive_ = parser().keep_alive() && !is_draining_;
  response_.clear();
  enter(Phase::kAnswering, kForever);
  std::optional<Task<void>> work;
  try {
    work = loop_->handler().answer(request_, response_);
  } catch (...) {
    on_answered(std::current_exception());
    return;
  }
  if (!work) {
    write();
    return;
  }
  boost::asio::co_spawn(socket_.get_executor(),
                        std::move(*work),
                        [self = shared_from_this()](const std::exception_ptr& failure) {
                          self->on_answered(failure);
                        });
}

void Connection::on_answered(const std::exception_ptr& failure) {
  if (failure) {
    loop_->log().write(
        LogLevel::kError, "a handler ended in an exception", {LogField("what", describe(failure))});
    response_.clear();
    write_problem(response_,
                  Error(refrain::ErrorCode::kInternal, "the request could not be answered"));
  }
  write();
}

void Connection::refuse(ErrorCode error) {
  if (error == beast_http::error::body_limit) {
    const std::string allowed = std::to_string(loop_->limits().max_body_bytes);
    refuse(413, "too_large", "the body is larger than the " + allowed + " bytes that are allowed");
  } else if (error == beast_http::error::header_limit ||
             error == beast_http::error::buffer_overflow) {
    const std::string allowed = std::to_string(loop_->limits().max_header_bytes);
    const std::string_view complaint = parser().complaint();
    refuse(431,
           "too_large",
           complaint.empty() ? "the request line and fields are larger than the " + allowed +
                                   " bytes that are allowed"
                             : std::string(complaint));
  } else if (error == beast_http::error::bad_version) {
    refuse(505, "bad_version", "HTTP/1.1 and HTTP/1.0 are spoken here");
  } else {
    const std::string_view complaint = parser().complaint();
    refuse(400,
           "bad_request",
           "this is not a well-formed HTTP/1.1 request: " +
               (complaint.empty() ? error.message() : std::string(complaint)));
  }
}

void Connection::refuse(unsigned status, std::string_view code, std::string_view message) {
  Problem problem;
  problem.status = status;
  problem.code = code;
  problem.message = message;
  response_.clear();
  write_problem(response_, problem);
  keeps_alive_ = false;
  write();
}

void Connection::build_head() {
  head_.assign(status_line(response_.status()));
  if (can_have_content(response_.status())) {
    if (!response_.content_type().empty()) {
      head_.append("Content-Type: ").append(response_.content_type()).append("\r\n");
    }
    head_.append("Content-Length: ");
    append_number(head_, response_.body_size());
    head_.append("\r\n");
  }
  head_.append("Date: ").append(loop_->date()).append("\r\n");
  head_.append(response_.header_lines());
  const std::string_view given_id = request_.header("X-Request-Id");
  head_.append("X-Request-Id: ");
  if (is_request_id(given_id)) {
    head_.append(given_id);
  } else {
    head_.append(id_).push_back('-');
    append_number(head_, request_count_);
  }
  if (!keeps_alive_) {
    head_.append("\r\nConnection: close");
  } else if (!parser().is_http_1_1()) {
    head_.append("\r\nConnection: keep-alive");  // or such a client would wait for the end
  }
  head_.append("\r\n\r\n");
}

void Connection::write() {
  keeps_alive_ = keeps_alive_ && !is_draining_;
  build_head();
  enter(Phase::kWriting, loop_->limits().write_timeout);
  const bool has_body = request_.method() != Method::kHead && can_have_content(response_.status());
  writer_.write(head_, response_, has_body, [self = shared_from_this()](ErrorCode error) {
    self->on_written(error);
  });
}

void Connection::write_interim_continue() {
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  boost::asio::async_write(socket_,
                           boost::asio::buffer(kContinue),
                           [self = shared_from_this()](ErrorCode error, std::size_t /*size*/) {
                             // Meanwhile the deadline may have refused the request.
                             if (!error && self->phase_ == Phase::kBody) self->want_more();
                           });
}

void Connection::on_written(ErrorCode error) {
  response_.clear();
  if (is_of_file(error)) {
    loop_->log().write(LogLevel::kError,
                       "a body could not be read from its file; its client gets a part of it",
                       {LogField("error", error.message())});
  }
  // The client sees from the connection's end that it lacks something.
  if (error) return;
  if (keeps_alive_ && !is_draining_) {
    begin_request();
  } else {
    linger();
  }
}

void Connection::linger() {
  // Closing with unread bytes would reset the connection and take the response away from the
  // client.
  ErrorCode ignored;
  static_cast<void>(socket_.shutdown(boost::asio::socket_base::shutdown_send, ignored));
  enter(Phase::kLingering, kLingerTime);
  received_ = 0;
  read();
}

void Connection::drain() {
  is_draining_ = true;
  if (phase_ == Phase::kIdle) stop();
}

void Connection::check_deadline(std::uint32_t tick) {
  if (deadline_tick_ == 0 || tick < deadline_tick_) return;
  if (phase_ != Phase::kHead && phase_ != Phase::kBody) {
    stop();
    return;
  }
  // The pending read is cancelled: it ends with an error and goes no further.
  ErrorCode ignored;
  static_cast<void>(socket_.cancel(ignored));
  refuse(408, "timeout", "the request did not arrive in time");
}

void Connection::stop() {
  ErrorCode ignored;
  static_cast<void>(socket_.close(ignored));
}

}  // namespace refrain::http
