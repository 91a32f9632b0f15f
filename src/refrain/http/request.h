#pragma once

/// @file
/// A request as it lies in its connection's buffer.

#include "refrain/http/method.h"

#include <array>
#include <cstddef>
#include <string_view>

namespace refrain::http {

/// One parsed request. Every view points into the connection's buffer and is valid until the
/// response has been sent; nothing is copied.
class Request {
public:
  static constexpr std::size_t kMaxFields = 64;

  [[nodiscard]] Method method() const { return method_; }
  /// The request target as sent, percent-encoded: `/v1/stickers?prompt=a%20cat`.
  [[nodiscard]] std::string_view target() const { return target_; }
  /// The target up to the question mark.
  [[nodiscard]] std::string_view path() const { return target_.substr(0, target_.find('?')); }
  /// The target after the question mark; empty if there is none.
  [[nodiscard]] std::string_view query() const;
  [[nodiscard]] std::string_view body() const { return body_; }

  /// The value of the first field of that name (any case), or an empty view.
  [[nodiscard]] std::string_view header(std::string_view name) const;

  /// Whether the peer's address is a loopback address.
  [[nodiscard]] bool is_from_loopback() const { return is_from_loopback_; }

private:
  friend class Connection;
  friend class RequestParser;

  struct Field {
    std::string_view name;
    std::string_view value;
  };

  Method method_ = Method::kOther;
  bool is_from_loopback_ = false;
  std::string_view target_;
  std::string_view body_;
  std::size_t field_count_ = 0;
  std::array<Field, kMaxFields> fields_;  // only the first field_count_ are set
};

}  // namespace refrain::http
