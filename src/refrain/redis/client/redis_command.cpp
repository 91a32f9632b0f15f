#include "refrain/redis/client/redis_command.h"

#include <algorithm>
#include <charconv>

namespace refrain {

namespace {

// A type, at most 20 digits, and the end of the line.
constexpr std::size_t kMaxHeader = 23;

// Each writes to a place with room enough and returns what follows there.
char* put_line_end(char* place) {
  *place++ = '\r';
  *place++ = '\n';
  return place;
}

char* put_header(char* place, char type, std::size_t size) {
  *place++ = type;
  return put_line_end(std::to_chars(place, place + kMaxHeader, size).ptr);
}

char* put_word(char* place, std::string_view word) {
  place = put_header(place, '$', word.size());
  return put_line_end(std::copy(word.begin(), word.end(), place));
}

// The size in the header at the beginning of `wire`, which is taken off.
std::size_t take_header(std::string_view& wire) {
  std::size_t size = 0;
  const char* const end = std::from_chars(wire.data() + 1, wire.data() + wire.size(), size).ptr;
  wire.remove_prefix(static_cast<std::size_t>(end - wire.data()) + 2);
  return size;
}

std::string_view take_word(std::string_view& wire) {
  const std::size_t size = take_header(wire);
  const std::string_view word = wire.substr(0, size);
  wire.remove_prefix(size + 2);
  return word;
}

}  // namespace

void RedisCommand::add(std::span<const std::string_view> words) {
  const std::size_t before = wire_.size();
  std::size_t room = kMaxHeader;
  for (const std::string_view word : words)
    room += kMaxHeader + word.size() + 2;
  wire_.resize(before + room);
  char* end = put_header(wire_.data() + before, '*', words.size());
  for (const std::string_view word : words)
    end = put_word(end, word);
  wire_.resize(static_cast<std::size_t>(end - wire_.data()));
  ++size_;
}

void RedisCommand::add(const RedisCommand& other) {
  wire_ += other.wire_;
  size_ += other.size_;
}

std::string_view RedisCommand::name() const {
  std::string_view rest = wire_;
  if (rest.empty() || take_header(rest) < 1) return {};
  return take_word(rest);
}

std::string_view RedisCommand::routing_key() const {
  std::string_view rest = wire_;
  if (rest.empty()) return {};
  const std::size_t words = take_header(rest);
  if (words < 2) return {};
  const std::string_view command = take_word(rest);
  const std::string_view second = take_word(rest);
  if (command != "EVAL" && command != "EVALSHA") return second;
  // The script and how many keys it has; then the keys.
  if (words < 4) return {};
  static_cast<void>(take_word(rest));
  return take_word(rest);
}

std::vector<std::string_view> RedisCommand::parts() const {
  std::vector<std::string_view> parts;
  std::string_view rest = wire_;
  while (!rest.empty()) {
    const std::string_view begin = rest;
    for (std::size_t words = take_header(rest); words > 0; --words)
      static_cast<void>(take_word(rest));
    parts.push_back(begin.substr(0, begin.size() - rest.size()));
  }
  return parts;
}

void RedisCommand::add_part(std::string_view part) {
  wire_ += part;
  ++size_;
}

}  // namespace refrain
