#pragma once

/// @file
/// One reply of a Redis server.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace refrain {

enum class RespType : std::uint8_t { kNull, kSimpleString, kError, kInteger, kBulkString, kArray };

/// A reply in RESP2's terms. RESP2's two nulls (of a bulk string, of an array) are one here.
class RespValue {
public:
  /// Null.
  RespValue() = default;

  static RespValue text_of(RespType type, std::string text) {
    RespValue value;
    value.type_ = type;
    value.text_ = std::move(text);
    return value;
  }
  static RespValue integer_of(std::int64_t integer) {
    RespValue value;
    value.type_ = RespType::kInteger;
    value.integer_ = integer;
    return value;
  }
  static RespValue array_of(std::vector<RespValue> elements) {
    RespValue value;
    value.type_ = RespType::kArray;
    value.elements_ = std::move(elements);
    return value;
  }

  [[nodiscard]] RespType type() const { return type_; }
  [[nodiscard]] bool is_null() const { return type_ == RespType::kNull; }
  [[nodiscard]] bool is_error() const { return type_ == RespType::kError; }

  /// The bytes of a simple string, an error or a bulk string; empty for any other type.
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::string take_text() { return std::move(text_); }
  /// The number of an integer; 0 for any other type.
  [[nodiscard]] std::int64_t integer() const { return integer_; }
  /// The elements of an array; none for any other type.
  [[nodiscard]] const std::vector<RespValue>& elements() const { return elements_; }
  [[nodiscard]] std::vector<RespValue>& elements() { return elements_; }

  friend bool operator==(const RespValue&, const RespValue&) = default;

private:
  RespType type_ = RespType::kNull;
  std::int64_t integer_ = 0;
  std::string text_;
  std::vector<RespValue> elements_;
};

}  // namespace refrain
