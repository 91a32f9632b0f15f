#pragma once

/// @file
/// A JSON text as strictly as a cache key needs it.

#include "refrain/core/result.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace refrain {

/// A JSON value (RFC 8259) that keeps numbers as they were written, so that 1, 1.0 and integers
/// beyond 64 bits stay apart, and that has no object with two members of one name.
class JsonTree {
public:
  enum class Kind : std::uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };
  using Member = std::pair<std::string, JsonTree>;

  static constexpr std::size_t kMaxDepth = 32;

  /// Fails with `kInvalidArgument` for malformed JSON, bytes that are not UTF-8, nesting beyond
  /// `kMaxDepth` or a repeated name (which is then the error's field).
  static Result<JsonTree> parse(std::string_view text);

  static JsonTree string(std::string text);

  [[nodiscard]] Kind kind() const { return kind_; }
  /// A string's content, a number's digits as written, `true` or `false`.
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::vector<Member>& members() { return members_; }
  [[nodiscard]] const std::vector<Member>& members() const { return members_; }

  /// Appends the value with the members of every object sorted by name and no white space: equal
  /// for equal values, different for different ones.
  void append_canonical(std::string& out) const;

private:
  friend class JsonTreeBuilder;

  Kind kind_ = Kind::kNull;
  std::string text_;
  std::vector<JsonTree> items_;
  std::vector<Member> members_;
};

}  // namespace refrain
