#pragma once

/// @file
/// The state of a service at one moment: what both `/cache-status` and `/metrics` show.

#include "refrain/cache/cache_stats.h"

#include <algorithm>
#include <string>

namespace refrain {

struct ServiceStatus {
  std::string service;
  std::string version;
  double uptime_seconds = 0;
  CacheStats cache;

  /// Whether every tier is there and takes what is new. Without that the service answers all the
  /// same.
  [[nodiscard]] bool is_whole() const {
    return std::ranges::all_of(cache.tiers, [](const TierStats& tier) {
      return tier.available && has_working_writes(tier);
    });
  }

  /// False for a tier whose writes fail, and which is left alone with them.
  [[nodiscard]] static bool has_working_writes(const TierStats& tier) {
    return !tier.disk || tier.disk->write_state == "closed";
  }
};

/// The JSON of `GET /cache-status`.
std::string to_json(const ServiceStatus& status);

/// The Prometheus text format of `GET /metrics`.
std::string to_prometheus(const ServiceStatus& status);

}  // namespace refrain
