#pragma once

/// @file
/// The parameters of a request target.

#include "refrain/core/result.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace refrain::http {

/// Decoded parameters in their order, `+` standing for a space.
class QueryString {
public:
  static constexpr std::size_t kMaxParameters = 64;

  /// Fails with `kInvalidArgument` for a broken percent-escape, bytes that are not UTF-8, a
  /// parameter that is given twice, or more of them than kMaxParameters.
  static Result<QueryString> parse(std::string_view query);

  /// The value of `name`, or nothing.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;

  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& parameters() const {
    return parameters_;
  }

private:
  std::vector<std::pair<std::string, std::string>> parameters_;
};

}  // namespace refrain::http
