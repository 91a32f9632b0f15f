#pragma once

/// @file
/// Gives bytes to a parser as a connection does, without a socket.

#include "refrain/http/limits.h"
#include "refrain/http/request.h"
#include "refrain/http/request_parser.h"

#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace refrain::testing {

/// One request, its buffer and its parser.
class RequestFeed {
public:
  explicit RequestFeed(const http::Limits& limits = {}, std::size_t room_for_body = 4096)
      : buffer_(limits.max_header_bytes + room_for_body),
        parser_(request_, buffer_, limits) {}
  RequestFeed(const RequestFeed&) = delete;
  RequestFeed& operator=(const RequestFeed&) = delete;

  /// Feeds what is needed of `bytes`: nothing once the request is complete or refused.
  void feed(std::string_view bytes) {
    while (!bytes.empty() && !is_done() && !error_) {
      const std::size_t size = std::min(bytes.size(), buffer_.size() - received_);
      std::memcpy(buffer_.data() + received_, bytes.data(), size);
      bytes.remove_prefix(size);
      received_ += size;
      parse();
    }
  }

  [[nodiscard]] bool is_done() const { return parser_.is_done() && !error_; }
  [[nodiscard]] http::RequestParser::ErrorCode error() const { return error_; }
  [[nodiscard]] const http::Request& request() const { return request_; }
  [[nodiscard]] const http::RequestParser& parser() const { return parser_; }
  /// Bytes that the request took up.
  [[nodiscard]] std::size_t size() const { return consumed_; }
  /// Whether `view` lies in the buffer, so that it was not copied.
  [[nodiscard]] bool is_in_buffer(std::string_view view) const {
    return view.data() >= buffer_.data() &&
           view.data() + view.size() <= buffer_.data() + buffer_.size();
  }

private:
  void parse() {
    const std::size_t used =
        parser_.consume(std::span(buffer_).subspan(parsed_, received_ - parsed_), error_);
    parsed_ += used;
    consumed_ += used;
    if (error_ || parser_.is_done()) return;
    if (parser_.is_header_done()) make_room();
    if (received_ == buffer_.size()) error_ = boost::beast::http::error::header_limit;
  }

  void make_room() {
    parser_.keep_body();
    const auto head_size = static_cast<std::size_t>(parser_.end_of_head() - buffer_.data());
    std::memmove(buffer_.data() + head_size, buffer_.data() + parsed_, received_ - parsed_);
    received_ -= parsed_ - head_size;
    parsed_ = head_size;
    // What is no part of the head or of what is left is not to be read again.
    std::memset(buffer_.data() + received_, '?', buffer_.size() - received_);
  }

  std::vector<char> buffer_;
  http::Request request_;
  http::RequestParser parser_;
  http::RequestParser::ErrorCode error_;
  std::size_t received_ = 0;
  std::size_t parsed_ = 0;
  std::size_t consumed_ = 0;
};

}  // namespace refrain::testing
