#pragma once

/// @file
/// Logging as an injected sink: the library never prints.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace refrain {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };

/// One named value beside a log message. Never a prompt or a text: those are the user's.
class LogField {
public:
  LogField(std::string_view name, std::string value) : name_(name), value_(std::move(value)) {}

  [[nodiscard]] std::string_view name() const { return name_; }
  [[nodiscard]] const std::string& value() const { return value_; }

private:
  std::string_view name_;  // a literal
  std::string value_;
};

/// Where log records go.
///
/// Thread safety: `write` may be called from any thread.
class Log {
public:
  Log() = default;
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  virtual ~Log() = default;

  virtual void write(LogLevel level,
                     std::string_view message,
                     std::initializer_list<LogField> fields) = 0;
};

/// Drops every record: the default of a linked library.
class NullLog final : public Log {
public:
  void write(LogLevel /*level*/,
             std::string_view /*message*/,
             std::initializer_list<LogField> /*fields*/) override {}
};

}  // namespace refrain
