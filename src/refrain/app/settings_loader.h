#pragma once

/// @file
/// From flags, environment and file to settings.

#include "refrain/app/option.h"
#include "refrain/app/settings.h"
#include "refrain/core/result.h"

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace refrain::app {

/// What the command line said: option flag to value, only those that were given.
using GivenFlags = std::map<std::string, std::string, std::less<>>;

/// The value of an environment variable, or nothing.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// Flags win over the environment, that over the TOML file, that over the defaults. A bad value is
/// `kInvalidArgument`; the message names the option as it was spelt and what is allowed. Unknown
/// keys of the file are errors too.
Result<Settings> load_settings(const GivenFlags& flags,
                               const Environment& environment,
                               const std::optional<std::filesystem::path>& file);

}  // namespace refrain::app
