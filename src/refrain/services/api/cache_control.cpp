#include "refrain/services/api/cache_control.h"

#include <boost/beast/core/string.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace refrain {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

std::optional<std::chrono::seconds> parse_seconds(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    text = text.substr(1, text.size() - 2);
  std::uint32_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc::result_out_of_range) return std::chrono::seconds(UINT32_MAX);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return std::chrono::seconds(seconds);
}

}  // namespace

CacheDirectives parse_cache_control(std::string_view header) {
  CacheDirectives directives;
  while (!header.empty()) {
    const std::string_view item = header.substr(0, header.find(','));
    header.remove_prefix(std::min(header.size(), item.size() + 1));
    const std::string_view name = trim(item.substr(0, item.find('=')));
    if (boost::beast::iequals(name, "no-cache")) directives.no_cache = true;
    if (boost::beast::iequals(name, "no-store")) directives.no_store = true;
    if (boost::beast::iequals(name, "only-if-cached")) directives.only_if_cached = true;
    if (boost::beast::iequals(name, "max-age") && item.find('=') != std::string_view::npos) {
      directives.max_age = parse_seconds(trim(item.substr(item.find('=') + 1)));
    }
  }
  return directives;
}

}  // namespace refrain
