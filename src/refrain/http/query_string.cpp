#include "refrain/http/query_string.h"

#include "refrain/core/utf8.h"

#include <algorithm>
#include <utility>

namespace refrain::http {
namespace {

int digit_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  const char lower = static_cast<char>(digit | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::optional<std::string> decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      decoded.push_back(' ');
    } else if (text[i] != '%') {
      decoded.push_back(text[i]);
    } else {
      const int high = i + 2 < text.size() ? digit_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? digit_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      decoded.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    }
  }
  return decoded;
}

Result<std::pair<std::string, std::string>> decode_parameter(std::string_view item) {
  const std::size_t equals = item.find('=');
  auto name = decode(item.substr(0, equals));
  auto value =
      decode(equals == std::string_view::npos ? std::string_view() : item.substr(equals + 1));
  if (!name || !value) {
    return fail(ErrorCode::kInvalidArgument,
                "the query has a broken percent-escape; write % as %25");
  }
  const bool is_name_utf8 = is_utf8(*name);
  if (!is_name_utf8 || !is_utf8(*value)) {
    return fail(ErrorCode::kInvalidArgument,
                "the query is not UTF-8",
                is_name_utf8 ? std::move(*name) : std::string());
  }
  return std::make_pair(std::move(*name), std::move(*value));
}

}  // namespace

Result<QueryString> QueryString::parse(std::string_view query) {
  QueryString result;
  while (!query.empty()) {
    const std::string_view item = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), item.size() + 1));
    if (item.empty()) continue;
    // Each is compared with all before it.
    if (result.parameters_.size() == kMaxParameters)
      return fail(ErrorCode::kInvalidArgument, "the query has more than 64 parameters");
    auto parameter = decode_parameter(item);
    if (!parameter) return fail(parameter.error());
    if (result.find(parameter->first)) {
      return fail(
          ErrorCode::kInvalidArgument, "the parameter is given twice", std::move(parameter->first));
    }
    result.parameters_.push_back(std::move(*parameter));
  }
  return result;
}

std::optional<std::string_view> QueryString::find(std::string_view name) const {
  for (const auto& [key, value] : parameters_) {
    if (key == name) return value;
  }
  return std::nullopt;
}

}  // namespace refrain::http
