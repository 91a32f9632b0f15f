#include "refrain/redis/client/cluster_redirection.h"

#include "refrain/redis/client/cluster_slot.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string>

namespace refrain {

namespace {

template <class Number>
bool parse_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

// `<slot> <host>:<port>`; an IPv6 host stands there without brackets.
std::optional<ClusterRedirection> parse_target(ClusterRedirection::Kind kind,
                                               std::string_view text,
                                               std::string_view asked_host) {
  ClusterRedirection redirection;
  redirection.kind = kind;
  const std::size_t space = text.find(' ');
  const std::size_t colon = text.rfind(':');
  if (space == std::string_view::npos || colon == std::string_view::npos || colon < space)
    return std::nullopt;
  const bool is_slot =
      parse_number(text.substr(0, space), redirection.slot) && redirection.slot < kClusterSlots;
  const bool is_port = parse_number(text.substr(colon + 1), redirection.address.port) &&
                       redirection.address.port != 0;
  if (!is_slot || !is_port) return std::nullopt;
  const std::string_view host = text.substr(space + 1, colon - space - 1);
  redirection.address.host = std::string(host.empty() ? asked_host : host);
  return redirection;
}

}  // namespace

std::optional<ClusterRedirection> parse_cluster_redirection(const RespValue& reply,
                                                            std::string_view asked_host) {
  using Kind = ClusterRedirection::Kind;
  if (!reply.is_error()) return std::nullopt;
  const std::string_view text = reply.text();
  const std::string_view word = text.substr(0, text.find(' '));
  const std::string_view rest = text.substr(std::min(text.size(), word.size() + 1));
  if (word == "MOVED") return parse_target(Kind::kMoved, rest, asked_host);
  if (word == "ASK") return parse_target(Kind::kAsk, rest, asked_host);
  ClusterRedirection redirection;
  redirection.kind = word == "TRYAGAIN" ? Kind::kTryAgain : Kind::kDown;
  const bool is_advice = word == "TRYAGAIN" || word == "CLUSTERDOWN";
  return is_advice ? std::optional(redirection) : std::nullopt;
}

}  // namespace refrain
