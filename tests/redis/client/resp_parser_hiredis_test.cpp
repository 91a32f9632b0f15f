/// @file
/// Our parser beside hiredis's reader, which is not ours. It knows RESP2 only.

#include "refrain/redis/client/resp_parser.h"

#include <gtest/gtest.h>

#include <hiredis/hiredis.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace refrain {
namespace {

RespValue value_of(const redisReply& reply) {
  const auto text = [&](RespType type) {
    return RespValue::text_of(type, std::string(reply.str, reply.len));
  };
  switch (reply.type) {
    case REDIS_REPLY_NIL:
      return {};
    case REDIS_REPLY_INTEGER:
      return RespValue::integer_of(reply.integer);
    case REDIS_REPLY_STATUS:
      return text(RespType::kSimpleString);
    case REDIS_REPLY_ERROR:
      return text(RespType::kError);
    case REDIS_REPLY_STRING:
      return text(RespType::kBulkString);
    case REDIS_REPLY_ARRAY: {
      std::vector<RespValue> elements;
      for (std::size_t i = 0; i < reply.elements; ++i)
        elements.push_back(value_of(*reply.element[i]));
      return RespValue::array_of(std::move(elements));
    }
    default:
      throw std::runtime_error("hiredis has a type that RESP2 has not");
  }
}

/// What hiredis makes of `bytes`.
std::vector<RespValue> read_by_hiredis(std::string_view bytes) {
  const std::unique_ptr<redisReader, decltype(&redisReaderFree)> reader(redisReaderCreate(),
                                                                        &redisReaderFree);
  redisReaderFeed(reader.get(), bytes.data(), bytes.size());
  std::vector<RespValue> values;
  while (true) {
    void* reply = nullptr;
    if (redisReaderGetReply(reader.get(), &reply) != REDIS_OK)
      throw std::runtime_error(std::string("hiredis: ") + reader->errstr);
    if (reply == nullptr) return values;
    values.push_back(value_of(*static_cast<redisReply*>(reply)));
    freeReplyObject(reply);
  }
}

/// What ours makes of it, `piece` bytes at a time.
std::vector<RespValue> read_by_ours(std::string_view bytes, std::size_t piece) {
  RespParser parser{RespParser::Limits()};
  std::vector<RespValue> values;
  while (!bytes.empty()) {
    const std::span<char> room = parser.prepare();
    const std::size_t size = std::min({piece, room.size(), bytes.size()});
    std::memcpy(room.data(), bytes.data(), size);
    parser.commit(size);
    bytes.remove_prefix(size);
    while (true) {
      Result<std::optional<RespValue>> value = parser.next();
      if (!value) throw std::runtime_error("ours: " + value.error().message());
      if (!value->has_value()) break;
      values.push_back(std::move(**value));
    }
  }
  return values;
}

/// Replies of every kind that RESP2 has, at random.
class Replies {
public:
  explicit Replies(std::uint64_t seed) : random_(seed) {}

  // hiredis takes arrays within arrays seven deep.
  void append(std::string& wire, int depth = 0) {
    switch (pick(depth < 6 ? 7 : 6)) {
      case 0:
        wire += "+" + line() + "\r\n";
        return;
      case 1:
        wire += "-" + line() + "\r\n";
        return;
      case 2:
        wire += ":" + std::to_string(static_cast<std::int64_t>(random_())) + "\r\n";
        return;
      case 3:
        wire += "$-1\r\n";
        return;
      case 4:
        wire += "*-1\r\n";
        return;
      case 5: {
        const std::string text = bytes(pick(10) == 0 ? 70'000 : 20);
        wire += "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
        return;
      }
      default: {
        const std::uint64_t size = pick(5);
        wire += "*" + std::to_string(size) + "\r\n";
        for (std::uint64_t i = 0; i < size; ++i)
          append(wire, depth + 1);
      }
    }
  }

private:
  std::uint64_t pick(std::uint64_t end) { return random_() % end; }
  std::string bytes(std::uint64_t limit) {
    std::string text(pick(limit), ' ');
    for (char& byte : text)
      byte = static_cast<char>(random_());
    return text;
  }
  std::string line() {
    std::string text = bytes(30);
    std::erase_if(text, [](char byte) { return byte == '\r' || byte == '\n'; });
    return text;
  }

  std::mt19937_64 random_;
};

TEST(RespParserBesideHiredis, MakesTheSameOfEveryReply) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    std::string wire;
    Replies replies(seed);
    for (int i = 0; i < 10; ++i)
      replies.append(wire);

    const std::vector<RespValue> theirs = read_by_hiredis(wire);

    ASSERT_EQ(theirs.size(), 10U);
    ASSERT_TRUE(read_by_ours(wire, wire.size()) == theirs) << "seed " << seed;
    ASSERT_TRUE(read_by_ours(wire, 1 + seed % 17) == theirs) << "seed " << seed;
  }
}

TEST(RespParserBesideHiredis, MakesTheSameOfEveryTruncation) {
  for (std::uint64_t seed = 1000; seed < 1040; ++seed) {
    std::string wire;
    Replies replies(seed);
    for (int i = 0; i < 4; ++i)
      replies.append(wire);
    if (wire.size() > 2000) continue;

    for (std::size_t size = 0; size < wire.size(); ++size) {
      const std::string_view cut = std::string_view(wire).substr(0, size);
      ASSERT_TRUE(read_by_ours(cut, cut.size()) == read_by_hiredis(cut))
          << "seed " << seed << " cut at " << size;
    }
  }
}

}  // namespace
}  // namespace refrain
