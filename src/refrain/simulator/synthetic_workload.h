#pragma once

/// @file
/// Traces made of nothing.

#include "refrain/simulator/trace.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace refrain {

/// A kind of made-up workload.
enum class SyntheticWorkload : std::uint8_t {
  kZipf,      ///< 100,000 keys, Zipf 0.99.
  kStickers,  ///< 20,000 prompts, Zipf 0.9, and one request in five for a prompt that never comes
              ///< again. Sizes are log-normal about 40 KB, from 5 to 300 KB; generation is
              ///< log-normal about 2 s, from 0.1 to 30 s, and has nothing to do with the size.
  kLoop,      ///< 10,000 keys, one after the other, again and again.
  kFlood,  ///< `kZipf`; from the middle on, half of the requests are a hostile client's, each for
           ///< a key of its own.
};

inline constexpr std::array kSyntheticWorkloads{SyntheticWorkload::kZipf,
                                                SyntheticWorkload::kStickers,
                                                SyntheticWorkload::kLoop,
                                                SyntheticWorkload::kFlood};

/// `zipf`, `stickers`, `loop` or `flood`.
[[nodiscard]] std::string_view name_of(SyntheticWorkload workload);

/// The workload of that name, or nothing.
[[nodiscard]] std::optional<SyntheticWorkload> synthetic_workload(std::string_view name);

/// That many requests: the same for the same seed, on every machine.
[[nodiscard]] Trace make_trace(SyntheticWorkload workload,
                               std::size_t requests,
                               std::uint64_t seed);

}  // namespace refrain
