#include "refrain/redis/client/redis_address.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <utility>

namespace refrain {

namespace {

tl::unexpected<Error> bad(std::string_view text, std::string_view why) {
  return fail(ErrorCode::kInvalidArgument,
              "the Redis address '" + std::string(text) + "' " + std::string(why),
              "nodes");
}

std::string_view without_spaces(std::string_view text) {
  while (text.starts_with(' '))
    text.remove_prefix(1);
  while (text.ends_with(' '))
    text.remove_suffix(1);
  return text;
}

}  // namespace

std::string RedisAddress::describe() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<RedisAddress> parse_redis_address(std::string_view text, std::uint16_t default_port) {
  RedisAddress address;
  address.port = default_port;
  std::string_view host = text.substr(0, text.find(':'));
  std::string_view rest = text.substr(host.size());
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return bad(text, "has a '[' without its ']'");
    host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
  }
  if (host.empty()) return bad(text, "has no host");
  address.host = std::string(host);
  if (rest.empty()) return address;
  const char* const end = rest.data() + rest.size();
  const auto [parsed, error] = std::from_chars(rest.data() + 1, end, address.port);
  if (!rest.starts_with(':') || error != std::errc{} || parsed != end || address.port == 0)
    return bad(text, "has no port from 1 to 65535 after its host (an IPv6 host stands in [])");
  return address;
}

Result<std::vector<RedisAddress>> parse_redis_addresses(std::string_view text,
                                                        std::uint16_t default_port) {
  std::vector<RedisAddress> addresses;
  text = without_spaces(text);
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    Result<RedisAddress> address =
        parse_redis_address(without_spaces(text.substr(0, comma)), default_port);
    if (!address) return fail(address.error());
    addresses.push_back(std::move(*address));
    if (comma + 1 == text.size()) return bad(text, "is followed by nothing after its comma");
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return addresses;
}

}  // namespace refrain
