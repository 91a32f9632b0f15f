#include "refrain/http/request_parser.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

namespace refrain::http {

namespace beast_http = boost::beast::http;

namespace {

// "0\r\n\r\n": whatever else is missing of a body in chunks, this is still to come. Beast asserts
// that it never sees less of the last chunk once it has seen its first line.
constexpr std::size_t kShortestChunkEnd = 5;

// Of the empty lines that `bytes` begin with.
std::size_t size_of_empty_lines(std::span<const char> bytes) {
  std::string_view text(bytes.data(), bytes.size());
  while (text.starts_with("\r\n"))
    text.remove_prefix(2);
  return bytes.size() - text.size();
}

// Of a target in absolute form (RFC 9112 section 3.2.2) what is behind the authority.
std::string_view without_authority(std::string_view target) {
  if (target.starts_with('/')) return target;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    const std::size_t slash = target.find('/', scheme.size());
    return slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
  }
  return target;
}

}  // namespace

RequestParser::RequestParser(Request& request, std::span<const char> buffer, const Limits& limits)
    : request_(request),
      buffer_(buffer),
      max_head_size_(limits.max_header_bytes),
      end_of_head_(buffer.data()) {
  header_limit(static_cast<std::uint32_t>(limits.max_header_bytes));
  body_limit(limits.max_body_bytes);
  request_.method_ = Method::kOther;
  request_.target_ = {};
  request_.field_count_ = 0;
  request_.body_ = {};
}

std::size_t RequestParser::consume(std::span<const char> bytes, ErrorCode& error) {
  error = {};
  std::size_t used = got_some() ? 0 : size_of_empty_lines(bytes);
  const bool is_half_a_line = !got_some() && used + 1 == bytes.size() && bytes[used] == '\r';
  if (is_half_a_line) return used;
  while (used < bytes.size() && !is_done() && !error) {
    const auto rest = bytes.subspan(used);
    const bool is_in_head = !is_header_done();
    const bool is_in_chunks = is_header_done() && chunked();
    if (is_in_chunks && rest.size() < kShortestChunkEnd) break;
    const std::size_t step = put(boost::asio::const_buffer(rest.data(), rest.size()), error);
    used += step;
    if (is_in_head) check_size_of_head(step, rest.size() - step, error);
    if (error == beast_http::error::need_more) {
      error = {};
      break;
    }
  }
  return used;
}

void RequestParser::check_size_of_head(std::size_t consumed, std::size_t left, ErrorCode& error) {
  // Beast's own limit begins anew with every field that it has seen whole, so it depends on how the
  // head was split.
  head_size_ += consumed;
  const bool is_too_large =
      is_header_done() ? head_size_ > max_head_size_ : head_size_ + left >= max_head_size_;
  if (is_too_large && (!error || error == beast_http::error::need_more))
    error = beast_http::error::header_limit;
}

void RequestParser::on_request_impl(beast_http::verb /*method*/,
                                    View method_text,
                                    View target,
                                    int version,
                                    ErrorCode& /*error*/) {
  is_http_1_1_ = version >= 11;
  request_.method_ = http::parse_method({method_text.data(), method_text.size()});
  request_.target_ = without_authority({target.data(), target.size()});
  end_of_head_ = target.data() + target.size();
}

void RequestParser::on_response_impl(int /*code*/,
                                     View /*reason*/,
                                     int /*version*/,
                                     ErrorCode& error) {
  error = beast_http::error::bad_method;
}

void RequestParser::on_field_impl(beast_http::field field,
                                  View name,
                                  View value,
                                  ErrorCode& error) {
  // Trailers are no headers: they come after decisions that headers are for (RFC 9110 section
  // 6.5.1).
  if (is_in_trailer_) return;
  if (request_.field_count_ == Request::kMaxFields) {
    complaint_ = "there are more than 64 fields";
    error = beast_http::error::header_limit;
    return;
  }
  // A folded line is unfolded in the parser's own memory, which does not stay; RFC 9112 section 5.2
  // lets a server refuse it.
  const bool is_ours =
      value.empty() || (value.data() >= buffer_.data() &&
                        value.data() + value.size() <= buffer_.data() + buffer_.size());
  if (!is_ours) {
    complaint_ = "a field is folded over more than one line";
    error = beast_http::error::bad_value;
    return;
  }
  check_field(field, value, error);
  if (error) return;
  end_of_head_ = value.empty() ? name.data() + name.size() : value.data() + value.size();
  request_.fields_[request_.field_count_++] = {{name.data(), name.size()},
                                               {value.data(), value.size()}};
}

void RequestParser::check_field(beast_http::field field, View value, ErrorCode& error) {
  if (field == beast_http::field::host) {
    ++host_count_;
  } else if (field == beast_http::field::expect) {
    has_expect_continue_ = is_http_1_1_ && boost::beast::iequals(value, "100-continue");
  } else if (field == beast_http::field::transfer_encoding &&
             (!is_http_1_1_ || !boost::beast::iequals(value, "chunked"))) {
    // Beast would take the request to have no body, or the coded bytes to be the body: who sits
    // between may see another end of it (RFC 9112 section 6.1).
    complaint_ = "the only transfer coding is chunked, and only in HTTP/1.1";
    error = beast_http::error::bad_transfer_encoding;
  }
}

void RequestParser::on_header_impl(ErrorCode& error) {
  is_in_trailer_ = true;
  if (host_count_ == 1 || (host_count_ == 0 && !is_http_1_1_)) return;
  complaint_ = "there is to be one Host field";  // RFC 9112 section 3.2
  error = beast_http::error::bad_field;
}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>& /*content_length*/,
                                      ErrorCode& /*error*/) {}

std::size_t RequestParser::on_body_impl(View piece, ErrorCode& /*error*/) {
  append(piece);
  return piece.size();
}

void RequestParser::on_chunk_header_impl(std::uint64_t /*size*/,
                                         View /*extensions*/,
                                         ErrorCode& /*error*/) {}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t /*remain*/,
                                              View piece,
                                              ErrorCode& /*error*/) {
  append(piece);
  return piece.size();
}

void RequestParser::on_finish_impl(ErrorCode& /*error*/) {}

void RequestParser::append(View piece) {
  if (request_.body_.empty() && body_.empty()) {
    request_.body_ = {piece.data(), piece.size()};
    return;
  }
  keep_body();
  body_.append(piece.data(), piece.size());
  request_.body_ = body_;
}

void RequestParser::keep_body() {
  if (!body_.empty() || request_.body_.empty()) return;
  body_.assign(request_.body_);
  request_.body_ = body_;
}

}  // namespace refrain::http
