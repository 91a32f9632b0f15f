#pragma once

/// @file
/// What is sent to a Redis server.

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace refrain {

/// One command, or several that are sent without another between them, in wire format.
///
/// The reply to one command is that command's reply; the reply to several is an array of theirs.
/// Several commands are about one key, or about keys that one server keeps.
class RedisCommand {
public:
  /// No command yet.
  RedisCommand() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): a list of words is a command only where it says so
  explicit RedisCommand(std::initializer_list<std::string_view> words) { add(words); }

  /// Appends a command. @pre `words` is not empty.
  void add(std::span<const std::string_view> words);
  void add(std::initializer_list<std::string_view> words) {
    add(std::span(words.begin(), words.size()));
  }
  void add(const RedisCommand& other);

  /// The key that it is about, which says the server that it is for: the second word of its first
  /// command, of a script's call its first key; empty if there is none. Valid until the command
  /// changes.
  [[nodiscard]] std::string_view routing_key() const;

  /// The first word of its first command; empty if there is none. Valid until the command changes.
  [[nodiscard]] std::string_view name() const;

  /// Each of its commands in wire format, in order. Valid until the command changes.
  [[nodiscard]] std::vector<std::string_view> parts() const;
  /// Appends a command that is in wire format already: one of another's parts.
  void add_part(std::string_view part);

  [[nodiscard]] const std::string& wire() const { return wire_; }
  /// How many replies the server will send.
  [[nodiscard]] std::size_t size() const { return size_; }

private:
  std::string wire_;
  std::size_t size_ = 0;
};

}  // namespace refrain
