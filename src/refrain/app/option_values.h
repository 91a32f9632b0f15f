#pragma once

/// @file
/// How the values of options are written.

#include "refrain/app/settings.h"
#include "refrain/core/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace refrain::app {

/// A whole number from `smallest` to `largest`.
Result<std::int64_t> read_integer(std::string_view text,
                                  std::int64_t smallest,
                                  std::int64_t largest);

/// `on`, `true`, `yes`, `1` or `off`, `false`, `no`, `0`.
Result<bool> read_switch(std::string_view text);

/// Bytes: a whole number, with `KB`, `MB`, `GB` (powers of 1000) or `KiB`, `MiB`, `GiB` (of 1024)
/// if wanted.
Result<std::int64_t> read_bytes(std::string_view text);

/// Seconds with up to three decimals, or a range of them: `0`, `0.8`, `1-3`.
Result<DelayRange> read_delay(std::string_view text);
std::string show_delay(const DelayRange& range);

}  // namespace refrain::app
