#pragma once

/// @file
/// Numbers as people read them.

#include "refrain/simulator/simulation_plan.h"

#include <cstdint>
#include <string>

namespace refrain {

/// With that many decimals, whatever the locale: `12.30`.
[[nodiscard]] std::string fixed_text(double number, int decimals);

/// `1,234,567`.
[[nodiscard]] std::string grouped_text(std::uint64_t number);

/// Three digits and a power of 1000: `950 B`, `12.5 MB`.
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);

/// The size of a cache: `16,384` or `12.5 MB`.
[[nodiscard]] std::string size_text(std::uint64_t size, CacheUnit unit);

}  // namespace refrain
