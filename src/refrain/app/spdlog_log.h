#pragma once

/// @file
/// The program's log.

#include "refrain/core/log.h"

#include <memory>
#include <string>

namespace spdlog {
class logger;  // NOLINT(readability-identifier-naming): spdlog's name
}  // namespace spdlog

namespace refrain::app {

/// Writes records to standard error with spdlog: `message name=value …`, or one JSON object a line.
///
/// Thread safety: any.
class SpdlogLog final : public Log {
public:
  /// @param level `debug`, `info`, `warning`, `error` or `off`. @param format `text` or `json`.
  SpdlogLog(const std::string& level, const std::string& format);
  ~SpdlogLog() override;

  void write(LogLevel level,
             std::string_view message,
             std::initializer_list<LogField> fields) override;

private:
  std::unique_ptr<spdlog::logger> logger_;
  const bool is_json_;
};

}  // namespace refrain::app
