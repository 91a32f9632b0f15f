#pragma once

/// @file
/// The policies by name.

#include "refrain/memory/policy/cache_limits.h"
#include "refrain/memory/policy/eviction_policy.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace refrain {

/// How a memory cache chooses what to give up.
enum class PolicyKind : std::uint8_t {
  kLru,       ///< The least recently used. Exact.
  kS3Fifo,    ///< Three FIFO queues: entries that are used once leave early.
  kTinyLfu,   ///< The least frequently used of a candidate and a victim, by a sketch that ages.
  kCost,      ///< The fewest generation seconds saved per byte.
  kAdaptive,  ///< Whichever of the others would save most seconds now.
};

/// All kinds, in the order of their declaration.
inline constexpr std::array kPolicyKinds{PolicyKind::kLru,
                                         PolicyKind::kS3Fifo,
                                         PolicyKind::kTinyLfu,
                                         PolicyKind::kCost,
                                         PolicyKind::kAdaptive};

/// `lru`, `s3fifo`, `tinylfu`, `cost` or `adaptive`.
[[nodiscard]] std::string_view name_of(PolicyKind kind);

/// The kind of that name, or nothing.
[[nodiscard]] std::optional<PolicyKind> policy_kind(std::string_view name);

/// A policy with nothing in it.
/// @pre `kind` is not `kAdaptive`, which is a choice among the others (see `Forecaster`).
[[nodiscard]] std::unique_ptr<EvictionPolicy> make_policy(PolicyKind kind,
                                                          const CacheLimits& limits);

}  // namespace refrain
