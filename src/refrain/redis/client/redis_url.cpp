#include "refrain/redis/client/redis_url.h"

#include "refrain/core/hex.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>
#include <utility>

namespace refrain {

namespace {

tl::unexpected<Error> bad_part(std::string_view part, std::string_view why) {
  return fail(ErrorCode::kInvalidArgument,
              "the Redis URL's " + std::string(part) + " " + std::string(why),
              "URL");
}

std::optional<std::uint32_t> parse_number(std::string_view text, std::uint32_t limit) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > limit)
    return std::nullopt;
  return value;
}

// Redis itself reads the database number into an int.
constexpr std::uint32_t kMaxDatabase = 0x7fff'ffff;

Result<std::string> decode(std::string_view text, std::string_view part) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    std::uint8_t byte = 0;
    if (i + 2 >= text.size() || !from_hex(text.substr(i + 1, 2), std::span(&byte, 1)))
      return bad_part(part, "has a '%' without two hexadecimal digits after it");
    if (byte == 0) return bad_part(part, "has a zero byte");
    decoded.push_back(static_cast<char>(byte));
    i += 2;
  }
  return decoded;
}

Result<void> parse_credentials(std::string_view text, RedisEndpoint& endpoint) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos)
    return bad_part("user", "has no password after it (write user:password@ or :password@)");
  Result<std::string> user = decode(text.substr(0, colon), "user");
  if (!user) return fail(user.error());
  Result<std::string> password = decode(text.substr(colon + 1), "password");
  if (!password) return fail(password.error());
  if (password->empty()) return bad_part("password", "is empty");
  endpoint.user = std::move(*user);
  endpoint.password = std::move(*password);
  return {};
}

Result<void> parse_port(std::string_view text, RedisEndpoint& endpoint) {
  const auto port = parse_number(text, 65'535);
  if (!port || *port == 0) return bad_part("port", "is not a number from 1 to 65535");
  endpoint.port = static_cast<std::uint16_t>(*port);
  return {};
}

Result<void> parse_authority(std::string_view text, RedisEndpoint& endpoint) {
  std::string_view host = text;
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return bad_part("host", "has a '[' without its ']'");
    host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
    if (!rest.empty() && !rest.starts_with(':'))
      return bad_part("host", "has something after its ']'");
  } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    rest = text.substr(colon);
  }
  if (!rest.empty()) {
    if (Result<void> port = parse_port(rest.substr(1), endpoint); !port) return port;
  }
  Result<std::string> decoded = decode(host, "host");
  if (!decoded) return fail(decoded.error());
  if (decoded->empty()) return bad_part("host", "is empty");
  endpoint.host = std::move(*decoded);
  return {};
}

Result<void> parse_database(std::string_view text, RedisEndpoint& endpoint) {
  const auto database = parse_number(text, kMaxDatabase);
  if (!database) return bad_part("database", "is not a number");
  endpoint.database = static_cast<int>(*database);
  return {};
}

Result<void> parse_query(std::string_view query, RedisEndpoint& endpoint) {
  while (!query.empty()) {
    const std::string_view item = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), item.size() + 1));
    if (!item.starts_with("db=")) return bad_part("query", "knows only db=N");
    if (Result<void> database = parse_database(item.substr(3), endpoint); !database)
      return database;
  }
  return {};
}

// What follows the scheme, taken apart: each part still encoded.
struct UrlParts {
  std::string_view credentials;
  bool has_credentials = false;
  std::string_view authority;
  std::string_view path;
  std::string_view query;
};

UrlParts split(std::string_view rest) {
  UrlParts parts;
  if (const std::size_t mark = rest.find('?'); mark != std::string_view::npos) {
    parts.query = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
  }
  // The last '@' before the path: a password may hold one that nobody encoded.
  const std::size_t slash = rest.find('/');
  const std::size_t at = rest.substr(0, slash).rfind('@');
  if (at != std::string_view::npos) {
    parts.has_credentials = true;
    parts.credentials = rest.substr(0, at);
    rest.remove_prefix(at + 1);
  }
  const std::size_t path = rest.find('/');
  parts.authority = rest.substr(0, path);
  if (path != std::string_view::npos) parts.path = rest.substr(path);
  return parts;
}

Result<void> parse_tcp(const UrlParts& parts, RedisEndpoint& endpoint) {
  if (Result<void> authority = parse_authority(parts.authority, endpoint); !authority)
    return authority;
  if (parts.path.size() > 1) return parse_database(parts.path.substr(1), endpoint);
  return {};
}

Result<void> parse_unix(const UrlParts& parts, RedisEndpoint& endpoint) {
  if (!parts.authority.empty())
    return bad_part("host", "must be empty for a Unix socket (unix:///path)");
  Result<std::string> path = decode(parts.path, "path");
  if (!path) return fail(path.error());
  if (path->size() < 2) return bad_part("path", "is empty");
  // sockaddr_un::sun_path is 108 bytes with its end.
  if (path->size() > 107)
    return bad_part("path", "is longer than a Unix socket's may be (107 bytes)");
  endpoint.unix_path = std::move(*path);
  return {};
}

}  // namespace

std::string RedisEndpoint::describe() const {
  const std::string number = std::to_string(database);
  if (!unix_path.empty()) return "unix:" + unix_path + "?db=" + number;
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port) + "/" + number +
         (is_tls ? " (TLS)" : "");
}

Result<RedisEndpoint> redis_endpoint(std::string_view host, std::uint32_t port) {
  if (host.empty()) return fail(ErrorCode::kInvalidArgument, "the Redis host is empty", "host");
  if (port == 0 || port > 65'535)
    return fail(
        ErrorCode::kInvalidArgument, "the Redis port is not a number from 1 to 65535", "port");
  RedisEndpoint endpoint;
  endpoint.host = std::string(host);
  endpoint.port = static_cast<std::uint16_t>(port);
  return endpoint;
}

Result<RedisEndpoint> parse_redis_url(std::string_view url) {
  const std::size_t end = url.find("://");
  if (end == std::string_view::npos)
    return bad_part("scheme", "is missing (redis://host:port, rediss://host:port or unix:///path)");
  const std::string_view scheme = url.substr(0, end);
  if (scheme != "redis" && scheme != "rediss" && scheme != "unix")
    return bad_part("scheme", "is none of redis://, rediss://, unix://");
  const UrlParts parts = split(url.substr(end + 3));
  RedisEndpoint endpoint;
  endpoint.is_tls = scheme == "rediss";
  if (parts.has_credentials) {
    Result<void> credentials = parse_credentials(parts.credentials, endpoint);
    if (!credentials) return fail(credentials.error());
  }
  Result<void> place = scheme == "unix" ? parse_unix(parts, endpoint) : parse_tcp(parts, endpoint);
  if (!place) return fail(place.error());
  if (Result<void> query = parse_query(parts.query, endpoint); !query) return fail(query.error());
  return endpoint;
}

}  // namespace refrain
