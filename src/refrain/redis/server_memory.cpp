#include "refrain/redis/server_memory.h"

#include <charconv>
#include <cstdint>

namespace refrain {

namespace {

// The value of a line `name:value`, or nothing.
std::optional<std::string_view> value_of(std::string_view info, std::string_view name) {
  while (!info.empty()) {
    const std::string_view line = info.substr(0, info.find('\n'));
    info.remove_prefix(line.size() == info.size() ? line.size() : line.size() + 1);
    if (!line.starts_with(name) || line.substr(name.size(), 1) != ":") continue;
    std::string_view value = line.substr(name.size() + 1);
    if (value.ends_with('\r')) value.remove_suffix(1);
    return value;
  }
  return std::nullopt;
}

std::optional<std::int64_t> number_of(std::string_view info, std::string_view name) {
  const std::optional<std::string_view> value = value_of(info, name);
  if (!value) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
  if (error != std::errc{} || end != value->data() + value->size()) return std::nullopt;
  return number;
}

}  // namespace

std::optional<ServerMemory> parse_server_memory(std::string_view info) {
  const std::optional<std::int64_t> used = number_of(info, "used_memory");
  const std::optional<std::int64_t> most = number_of(info, "maxmemory");
  const std::optional<std::string_view> policy = value_of(info, "maxmemory_policy");
  if (!used || !most || !policy) return std::nullopt;
  ServerMemory memory;
  memory.used_bytes = *used;
  memory.max_bytes = *most;
  memory.policy = *policy;
  // Every key of ours has a lifetime, so the volatile policies find what to give up as well.
  if (*most > 0 && *policy == "noeviction")
    memory.warning = "maxmemory-policy is noeviction: when Redis is full, new answers are not kept";
  return memory;
}

}  // namespace refrain
