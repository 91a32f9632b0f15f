#include "refrain/redis/epoch_key.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace refrain {

namespace {

// The number in it is EpochKey::kLargest. ARGV: by how much more than what is there, to how much at
// least, and for how many milliseconds.
constexpr std::string_view kScript =
    "local text=redis.call('GET',KEYS[1]) "
    "local there=0 "
    "if text then there=string.match(text,'^[1-9]%d*$') and tonumber(text) end "
    "if not there or there>9007199254740991 then return redis.error_reply('ERR it is no epoch') "
    "end "
    "local wanted=math.max(there+tonumber(ARGV[1]),tonumber(ARGV[2])) "
    "if wanted>9007199254740991 then return redis.error_reply('ERR it would be no epoch') end "
    "if wanted>there then redis.call('SET',KEYS[1],string.format('%.0f',wanted),'PX',ARGV[3]) end "
    "return wanted";

std::optional<std::uint64_t> epoch_in(const std::string& text) {
  std::uint64_t epoch = 0;
  const char* const end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, epoch);
  const bool is_number = error == std::errc{} && parsed == end && !text.starts_with('0');
  if (!is_number || epoch > EpochKey::kLargest) return std::nullopt;
  return epoch;
}

}  // namespace

EpochKey::EpochKey(std::string name, std::chrono::milliseconds lifetime)
    : name_(std::move(name)),
      lifetime_ms_(std::to_string(lifetime.count())) {}

RedisCommand EpochKey::question() const {
  return RedisCommand({"GET", name_});
}

Result<std::uint64_t> EpochKey::answer(const RespValue& reply) const {
  // Of another type than text it is as wrong as any other text.
  if (reply.is_error() && !reply.text().starts_with("WRONGTYPE"))
    return fail(ErrorCode::kUnavailable, "Redis refused to read " + name_ + ": " + reply.text());
  if (reply.is_null()) return std::uint64_t{0};
  const std::optional<std::uint64_t> epoch =
      reply.type() == RespType::kBulkString ? epoch_in(reply.text()) : std::nullopt;
  if (epoch) return *epoch;
  return fail(ErrorCode::kCorrupt,
              "the epoch's key " + name_ + " holds no number from 1 to " +
                  std::to_string(kLargest) + "; delete it");
}

RedisCommand EpochKey::script(Change change, std::uint64_t epoch) const {
  const std::string_view more = change == Change::kRaise ? "1" : "0";
  return RedisCommand({"EVAL", kScript, "1", name_, more, std::to_string(epoch), lifetime_ms_});
}

Result<std::uint64_t> EpochKey::after_script(const RespValue& reply) const {
  if (reply.type() == RespType::kInteger && reply.integer() > 0)
    return static_cast<std::uint64_t>(reply.integer());
  return fail(ErrorCode::kUnavailable, "Redis refused to change " + name_ + ": " + reply.text());
}

RedisCommand EpochKey::attempt(Change change, std::uint64_t epoch, std::uint64_t there) const {
  if (change == Change::kRestore && there == 0) {
    RedisCommand command({"SET", name_, std::to_string(epoch), "NX", "PX", lifetime_ms_});
    command.add({"GET", name_});
    return command;
  }
  // INCRBY is atomic: of several who raise it at once each ends above what all have used before.
  const std::uint64_t step = there < epoch ? epoch - there : 1;
  RedisCommand command({"INCRBY", name_, std::to_string(step)});
  command.add({"PEXPIRE", name_, lifetime_ms_});
  return command;
}

Result<std::uint64_t> EpochKey::after_attempt(const RespValue& replies) const {
  const RespValue& changed = replies.elements().front();
  if (changed.is_error())
    return fail(ErrorCode::kUnavailable,
                "Redis refused to change " + name_ + ": " + changed.text());
  if (changed.type() != RespType::kInteger) return answer(replies.elements().back());
  const auto epoch = static_cast<std::uint64_t>(std::max<std::int64_t>(changed.integer(), 0));
  if (epoch > kLargest) return fail(ErrorCode::kCorrupt, name_ + " counts too high to be an epoch");
  return epoch;
}

}  // namespace refrain
