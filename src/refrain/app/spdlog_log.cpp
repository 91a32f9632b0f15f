#include "refrain/app/spdlog_log.h"

#include <boost/json/serialize.hpp>
#include <boost/json/string_view.hpp>

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include <algorithm>

namespace refrain::app {
namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string quoted(std::string_view text) {
  return boost::json::serialize(boost::json::string_view(text.data(), text.size()));
}

/// A value as it stands in a text line: in quotes if it would not be one word.
std::string plain(const std::string& value) {
  const bool is_word = !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return c > ' ' && c != '"' && c != '=' && c != '\x7f';
  });
  return is_word ? value : quoted(value);
}

}  // namespace

SpdlogLog::SpdlogLog(const std::string& level, const std::string& format)
    : logger_(std::make_unique<spdlog::logger>(
          "refrain",
          std::make_shared<spdlog::sinks::stderr_color_sink_mt>())),
      is_json_(format == "json") {
  logger_->set_level(spdlog::level::from_str(level));
  if (is_json_) {
    logger_->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l",%v})");
  } else {
    logger_->set_pattern("%Y-%m-%d %H:%M:%S.%e %^%-7l%$ %v");
  }
}

SpdlogLog::~SpdlogLog() = default;

void SpdlogLog::write(LogLevel level,
                      std::string_view message,
                      std::initializer_list<LogField> fields) {
  const auto spdlog_severity = spdlog_level(level);
  if (!logger_->should_log(spdlog_severity)) return;
  std::string line = is_json_ ? "\"message\":" + quoted(message) : std::string(message);
  for (const LogField& field : fields) {
    if (is_json_) {
      line.append(",").append(quoted(field.name())).append(":").append(quoted(field.value()));
    } else {
      line.append(" ").append(field.name()).append("=").append(plain(field.value()));
    }
  }
  logger_->log(spdlog_severity, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace refrain::app
