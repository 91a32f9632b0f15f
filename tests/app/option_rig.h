#pragma once

/// @file
/// Options by the names of their environment variables.

#include "refrain/app/option.h"

#include <stdexcept>
#include <string>
#include <string_view>

namespace refrain::app {

/// Throws if there is none.
inline const Option& option(std::string_view environment) {
  for (const Option& one : all_options()) {
    if (one.environment == environment) return one;
  }
  throw std::out_of_range("no option " + std::string(environment));
}

/// What the option says of `value`; `ok` if it takes it.
inline std::string complaint(std::string_view environment, std::string_view value) {
  Settings settings;
  const Result<void> read = option(environment).read(settings, value);
  return read ? "ok" : read.error().message();
}

}  // namespace refrain::app
