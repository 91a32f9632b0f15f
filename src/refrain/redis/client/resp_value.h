#pragma once

/// @file
/// One reply of a Redis server.

#include <bit>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace refrain {

enum class RespType : std::uint8_t {
  kNull,
  kSimpleString,
  kError,
  kInteger,
  kBulkString,
  kArray,
  kBoolean,
  kDouble,
  kBigNumber,
  kMap,
  kSet,
  kPush,
};

/// A reply in either version of the protocol. What differs on the wire only is one here: the nulls
/// of RESP2 (of a bulk string, of an array) and of RESP3, errors of a line and in bulk, bulk and
/// verbatim strings (without their format).
///
/// Thread safety: as a value. It owns all its parts.
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
  static RespValue boolean_of(bool boolean) {
    RespValue value;
    value.type_ = RespType::kBoolean;
    value.integer_ = boolean ? 1 : 0;
    return value;
  }
  static RespValue double_of(double number) {
    RespValue value;
    value.type_ = RespType::kDouble;
    value.integer_ = std::bit_cast<std::int64_t>(number);
    return value;
  }
  /// An array, a map (each key before its value), a set or a push message.
  static RespValue aggregate_of(RespType type, std::vector<RespValue> elements) {
    RespValue value;
    value.type_ = type;
    value.elements_ = std::move(elements);
    return value;
  }
  static RespValue array_of(std::vector<RespValue> elements) {
    return aggregate_of(RespType::kArray, std::move(elements));
  }

  [[nodiscard]] RespType type() const { return type_; }
  [[nodiscard]] bool is_null() const { return type_ == RespType::kNull; }
  [[nodiscard]] bool is_error() const { return type_ == RespType::kError; }

  /// The bytes of a string or an error, the digits of a big number; empty for any other type.
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::string take_text() { return std::move(text_); }
  /// The number of an integer, 1 of true; 0 for any other type.
  [[nodiscard]] std::int64_t integer() const { return type_ == RespType::kDouble ? 0 : integer_; }
  /// The number of a double; 0 for any other type.
  [[nodiscard]] double number() const {
    return type_ == RespType::kDouble ? std::bit_cast<double>(integer_) : 0;
  }
  /// The elements of an array, a set or a push message; of a map each key and then its value, as
  /// RESP2 sends maps too. None for any other type.
  [[nodiscard]] const std::vector<RespValue>& elements() const { return elements_; }
  [[nodiscard]] std::vector<RespValue>& elements() { return elements_; }

  /// Equal bit for bit: also a NaN equals itself.
  friend bool operator==(const RespValue&, const RespValue&) = default;

private:
  RespType type_ = RespType::kNull;
  std::int64_t integer_ = 0;  // of a double its bits
  std::string text_;
  std::vector<RespValue> elements_;
};

}  // namespace refrain
