#pragma once

/// @file
/// One option: its three spellings, its meaning, and how it is read and shown.

#include "refrain/app/settings.h"
#include "refrain/core/result.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace refrain::app {

/// The single definition behind `--flag`, the environment variable and the TOML key.
struct Option {
  std::string flag;         ///< `redis-port`: given as `--redis-port 6379`.
  std::string environment;  ///< `REDIS_PORT`.
  std::string toml;         ///< `redis.port`: key `port` in table `[redis]`.
  std::string unit;         ///< `seconds`, `bytes` …; empty for words.
  std::string help;
  bool is_switch = false;  ///< Also `--flag` and `--no-flag`, without a value.
  /// Reads a value; the error says what is allowed, without naming the option.
  std::function<Result<void>(Settings&, std::string_view)> read;
  /// The value as `read` would take it.
  std::function<std::string(const Settings&)> show;
};

/// Every option, in the order in which help lists them.
const std::vector<Option>& all_options();

}  // namespace refrain::app
