#pragma once

/// @file
/// Requests and responses without a socket.

#include "refrain/http/handler.h"
#include "refrain/http/limits.h"
#include "refrain/http/request.h"
#include "refrain/http/request_parser.h"
#include "refrain/http/response.h"

#include "support/run.h"

#include <boost/asio/io_context.hpp>

#include <unistd.h>

#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace refrain::testing {

/// `GET /path`; `fields` are whole lines, each with its CR LF.
inline std::string get(std::string_view target, std::string_view fields = {}) {
  std::string text = "GET ";
  text.append(target).append(" HTTP/1.1\r\nHost: x\r\n").append(fields).append("\r\n");
  return text;
}

/// A request with a JSON body.
inline std::string with_body(std::string_view method,
                             std::string_view target,
                             std::string_view body,
                             std::string_view fields = {}) {
  std::string text(method);
  text.append(" ").append(target).append(" HTTP/1.1\r\nHost: x\r\n").append(fields);
  text.append("Content-Type: application/json\r\nContent-Length: ");
  text.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
  return text;
}

inline std::string post(std::string_view target,
                        std::string_view body,
                        std::string_view fields = {}) {
  return with_body("POST", target, body, fields);
}

/// A request as the server's own parser understands it. It comes from no address: not from
/// loopback.
class ParsedRequest {
public:
  explicit ParsedRequest(std::string text)
      : text_(std::move(text)),
        parser_(request_, std::span<const char>(text_.data(), text_.size()), limits()) {
    http::RequestParser::ErrorCode error;
    parser_.consume(std::span<const char>(text_.data(), text_.size()), error);
    if (error || !parser_.is_done()) throw std::invalid_argument("no whole request: " + text_);
  }
  ParsedRequest(const ParsedRequest&) = delete;
  ParsedRequest& operator=(const ParsedRequest&) = delete;

  [[nodiscard]] const http::Request& operator*() const { return request_; }

private:
  static http::Limits limits() {
    http::Limits limits;
    limits.max_body_bytes = std::size_t{1} << 20U;
    return limits;
  }

  std::string text_;
  http::Request request_;
  http::RequestParser parser_;
};

/// A response as a test looks at it.
struct Reply {
  unsigned status = 0;
  std::string content_type;
  std::string head;  ///< The fields that the handler wrote, each line with its CR LF.
  std::string body;
  bool is_from_file = false;  ///< Whether the handler left the body in a file.

  /// The value of the first field of that name (as the handler spelt it); empty if there is none.
  [[nodiscard]] std::string header(std::string_view name) const {
    const std::string begin = "\r\n" + std::string(name) + ": ";
    const std::string lines = "\r\n" + head;
    const std::size_t place = lines.find(begin);
    if (place == std::string::npos) return {};
    const std::size_t value = place + begin.size();
    return lines.substr(value, lines.find("\r\n", value) - value);
  }
};

/// A request that may have to wait for its response.
class Exchanging {
public:
  Exchanging(http::Handler& handler, std::string text, boost::asio::io_context& loop)
      : request_(std::move(text)),
        loop_(loop) {
    std::optional<Task<void>> later = handler.answer(*request_, response_);
    is_done_ = !later;
    if (!later) return;
    auto on_done = [this](std::exception_ptr failure) {
      is_done_ = true;
      failure_ = failure;
    };
    boost::asio::co_spawn(loop.get_executor(), std::move(*later), on_done);
  }

  /// Goes on as far as it can without being let on by somebody else.
  void proceed() {
    loop_.restart();
    loop_.poll();
  }

  [[nodiscard]] bool is_done() const { return is_done_; }

  /// Runs the loop until the response is there.
  Reply finish() {
    loop_.restart();
    while (!is_done_ && loop_.run_one() > 0) {
    }
    if (failure_) std::rethrow_exception(failure_);
    if (!is_done_) throw std::logic_error("the response never comes");
    Reply reply;
    reply.status = response_.status();
    reply.content_type = std::string(response_.content_type());
    reply.head = response_.header_lines();
    const http::Response::File* const file = response_.file();
    reply.is_from_file = file != nullptr;
    reply.body = file == nullptr ? std::string(response_.body()) : read(*file);
    return reply;
  }

private:
  static std::string read(const http::Response::File& file) {
    std::string bytes(file.size, '\0');
    const ssize_t size =
        ::pread(file.descriptor, bytes.data(), bytes.size(), static_cast<off_t>(file.offset));
    if (size != static_cast<ssize_t>(file.size)) throw std::runtime_error("the file is shorter");
    return bytes;
  }

  ParsedRequest request_;
  http::Response response_;
  boost::asio::io_context& loop_;
  std::exception_ptr failure_;
  bool is_done_ = false;
};

}  // namespace refrain::testing
