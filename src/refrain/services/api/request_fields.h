#pragma once

/// @file
/// The fields of a request, from its JSON body or its query alike.

#include "refrain/core/result.h"
#include "refrain/services/api/json_tree.h"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace refrain {

/// Takes known fields one by one; what is left is unknown and still belongs to the request's key.
class RequestFields {
public:
  /// What a whole number may be.
  struct Range {
    std::int64_t smallest;
    std::int64_t largest;
  };

  /// Fails with `kInvalidArgument` if `body` is not a JSON object.
  static Result<RequestFields> from_json(std::string_view body);
  /// Every value is text; numbers are read from it.
  static Result<RequestFields> from_query(std::string_view query);

  /// The text in field `name`; `kInvalidArgument` naming it if it is missing or no text.
  Result<std::string> take_text(std::string_view name);

  /// The same, nothing if the field is missing or null.
  Result<std::optional<std::string>> take_optional_text(std::string_view name);

  /// A whole number; nothing if the field is missing or null. `kInvalidArgument` for another type,
  /// `kUnprocessable` outside `range`.
  Result<std::optional<std::int64_t>> take_optional_integer(std::string_view name, Range range);

  /// The same up to 2^64 - 1.
  Result<std::optional<std::uint64_t>> take_optional_unsigned(std::string_view name);

  /// Drops fields that cannot change the answer.
  void ignore(std::initializer_list<std::string_view> names);

  /// The fields that nobody took, sorted by name, in canonical JSON; empty if there are none.
  [[nodiscard]] std::string canonical_rest() const;

private:
  explicit RequestFields(JsonTree object, bool is_query)
      : object_(std::move(object)),
        is_query_(is_query) {}

  std::optional<JsonTree> take(std::string_view name);

  JsonTree object_;
  bool is_query_;
};

}  // namespace refrain
