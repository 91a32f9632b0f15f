#include "refrain/redis/client/sentinel_protocol.h"

#include <charconv>
#include <cstddef>
#include <string>
#include <vector>

namespace refrain {

namespace {

std::optional<RedisAddress> address_in(std::string_view host, std::string_view port) {
  RedisAddress address;
  address.host = host;
  const auto [parsed, error] =
      std::from_chars(port.data(), port.data() + port.size(), address.port);
  const bool is_number = error == std::errc{} && parsed == port.data() + port.size();
  const bool is_good = is_number && address.port != 0 && !address.host.empty();
  return is_good ? std::optional(address) : std::nullopt;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = text.find(' ');
    words.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return words;
}

}  // namespace

RedisEndpoint sentinel_endpoint(const RedisClientOptions& options, const RedisAddress& address) {
  RedisEndpoint endpoint = options.connection.endpoint;
  endpoint.host = address.host;
  endpoint.port = address.port;
  endpoint.database = 0;
  endpoint.user = options.sentinel_user;
  endpoint.password = options.sentinel_password;
  return endpoint;
}

RedisCommand master_question(const RedisClientOptions& options) {
  return RedisCommand({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", options.master_name});
}

Result<RedisAddress> parse_master_address(const RespValue& reply) {
  if (reply.is_error()) return fail(ErrorCode::kUnavailable, reply.text());
  if (reply.elements().size() != 2)
    return fail(ErrorCode::kUnavailable, "it does not know one of that name");
  std::optional<RedisAddress> address =
      address_in(reply.elements()[0].text(), reply.elements()[1].text());
  if (!address) return fail(ErrorCode::kUnavailable, "its address makes no sense");
  return std::move(*address);
}

// `<name> <old host> <old port> <new host> <new port>`.
std::optional<RedisAddress> parse_switch_master(const RespValue& message, std::string_view name) {
  const std::vector<RespValue>& parts = message.elements();
  if (parts.size() != 3 || parts[0].text() != "message" || parts[1].text() != kSwitchMaster)
    return std::nullopt;
  const std::vector<std::string_view> words = words_of(parts[2].text());
  if (words.size() != 5 || words[0] != name) return std::nullopt;
  return address_in(words[3], words[4]);
}

}  // namespace refrain
