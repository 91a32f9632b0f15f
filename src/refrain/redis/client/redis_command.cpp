#include "refrain/redis/client/redis_command.h"

#include <charconv>

namespace refrain {

namespace {

void append_header(std::string& wire, char type, std::size_t size) {
  char digits[24];
  digits[0] = type;
  char* const end = std::to_chars(digits + 1, digits + 22, size).ptr;
  wire.append(digits, end);
  wire.append("\r\n");
}

}  // namespace

void RedisCommand::add(std::span<const std::string_view> words) {
  std::size_t room = 16;
  for (const std::string_view word : words)
    room += word.size() + 16;
  wire_.reserve(wire_.size() + room);
  append_header(wire_, '*', words.size());
  for (const std::string_view word : words) {
    append_header(wire_, '$', word.size());
    wire_.append(word);
    wire_.append("\r\n");
  }
  ++size_;
}

void RedisCommand::add(const RedisCommand& other) {
  wire_ += other.wire_;
  size_ += other.size_;
}

}  // namespace refrain
