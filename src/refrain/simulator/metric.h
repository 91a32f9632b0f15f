#pragma once

/// @file
/// What counts when caches are compared.

#include "refrain/simulator/score.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace refrain {

enum class Metric : std::uint8_t {
  kHits,     ///< Requests that were answered, of all.
  kBytes,    ///< Bytes of them, of all.
  kSeconds,  ///< Seconds of generation that were saved, of all.
};

inline constexpr std::array kMetrics{Metric::kHits, Metric::kBytes, Metric::kSeconds};

/// `hits`, `bytes` or `seconds`.
[[nodiscard]] std::string_view name_of(Metric metric);

/// The metric of that name, or nothing.
[[nodiscard]] std::optional<Metric> metric(std::string_view name);

/// The share that was answered, from 0 to 1.
[[nodiscard]] double ratio_of(const Score& score, Metric metric);

}  // namespace refrain
