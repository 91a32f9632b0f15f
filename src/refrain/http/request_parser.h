#pragma once

/// @file
/// Beast's HTTP/1 parser, writing views into a `Request` instead of allocating a message.

#include "refrain/http/limits.h"
#include "refrain/http/request.h"

#include <boost/beast/http/basic_parser.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace refrain::http {

/// Parses one request out of a buffer that stays where it is until the response has been sent.
///
/// A body that arrives with its head is not copied. One that arrives in pieces is gathered in a
/// string (`keep_body` before the buffer's tail is used again).
class RequestParser final : private boost::beast::http::basic_parser<true> {
public:
  using ErrorCode = boost::beast::error_code;

  /// @pre `request` outlives the parser; all bytes given to `consume` lie in `buffer`.
  RequestParser(Request& request, std::span<const char> buffer, const Limits& limits);

  /// Parses as much of `bytes` as it can and returns how many that were; the rest is given again,
  /// with more behind it. Empty lines before a request are passed over (RFC 9112 section 2.2). An
  /// `error` is final; that more is needed is none.
  std::size_t consume(std::span<const char> bytes, ErrorCode& error);

  using basic_parser::is_done;
  using basic_parser::is_header_done;
  /// Whether the client and its version allow another request. @pre The head is complete.
  using basic_parser::keep_alive;

  /// Copies the part of the body that lies in the buffer, so that the buffer can be read into
  /// again.
  void keep_body();

  /// Where the last view of the head ends: behind it the buffer may be read into again, once the
  /// body has been kept.
  [[nodiscard]] const char* end_of_head() const { return end_of_head_; }

  /// What is wrong in words of our own, if Beast has none as good; else empty.
  [[nodiscard]] std::string_view complaint() const { return complaint_; }

  /// HTTP/1.1, not 1.0. @pre The request line is complete.
  [[nodiscard]] bool is_http_1_1() const { return is_http_1_1_; }
  [[nodiscard]] bool has_expect_continue() const { return has_expect_continue_; }

private:
  using View = boost::beast::string_view;

  void on_request_impl(boost::beast::http::verb method,
                       View method_text,
                       View target,
                       int version,
                       ErrorCode& error) override;
  void on_response_impl(int code, View reason, int version, ErrorCode& error) override;
  void on_field_impl(boost::beast::http::field field,
                     View name,
                     View value,
                     ErrorCode& error) override;
  void on_header_impl(ErrorCode& error) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& content_length,
                         ErrorCode& error) override;
  std::size_t on_body_impl(View piece, ErrorCode& error) override;
  void on_chunk_header_impl(std::uint64_t size, View extensions, ErrorCode& error) override;
  std::size_t on_chunk_body_impl(std::uint64_t remain, View piece, ErrorCode& error) override;
  void on_finish_impl(ErrorCode& error) override;

  void check_size_of_head(std::size_t consumed, std::size_t left, ErrorCode& error);
  void check_field(boost::beast::http::field field, View value, ErrorCode& error);
  void append(View piece);

  Request& request_;
  const std::span<const char> buffer_;
  const std::size_t max_head_size_;
  std::size_t head_size_ = 0;
  std::string body_;  // used only by a body in pieces
  const char* end_of_head_;
  std::string_view complaint_;  // a literal
  unsigned host_count_ = 0;
  bool is_http_1_1_ = false;
  bool is_in_trailer_ = false;
  bool has_expect_continue_ = false;
};

}  // namespace refrain::http
