#include "refrain/redis/client/resp_parser.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace {

struct Outcome {
  std::vector<refrain::RespValue> values;
  std::optional<refrain::ErrorCode> error;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// Takes what is whole. False after an error.
bool take(refrain::RespParser& parser, Outcome& outcome) {
  while (true) {
    refrain::Result<std::optional<refrain::RespValue>> value = parser.next();
    if (!value) {
      outcome.error = value.error().code();
      return false;
    }
    if (!value->has_value()) return true;
    outcome.values.push_back(std::move(**value));
  }
}

Outcome parse(std::string_view bytes, std::size_t chunk) {
  refrain::RespParser::Limits limits;
  limits.max_reply_bytes = std::size_t{1} << 16U;
  limits.max_depth = 8;
  limits.max_elements = 1000;
  refrain::RespParser parser(limits);
  Outcome outcome;
  while (!bytes.empty()) {
    const std::span<char> room = parser.prepare();
    const std::size_t size = std::min({chunk, room.size(), bytes.size()});
    if (size == 0) std::abort();  // the parser always has room
    std::memcpy(room.data(), bytes.data(), size);
    parser.commit(size);
    bytes.remove_prefix(size);
    if (!take(parser, outcome)) break;
  }
  return outcome;
}

}  // namespace

// The first byte chooses how the rest is split into reads, which must not matter.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t chunk = std::size_t{data[0]} + 1;
  if (parse(bytes, chunk) != parse(bytes, bytes.size() + 1)) std::abort();
  return 0;
}
