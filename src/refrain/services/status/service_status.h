#pragma once

/// @file
/// The state of a service at one moment: what both `/cache-status` and `/metrics` show.

#include "refrain/cache/cache_stats.h"

#include <string>

namespace refrain {

struct ServiceStatus {
  std::string service;
  std::string version;
  double uptime_seconds = 0;
  CacheStats cache;

  /// Whether every tier is there. Without one the service answers all the same.
  [[nodiscard]] bool is_whole() const {
    for (const TierStats& tier : cache.tiers) {
      if (!tier.available) return false;
    }
    return true;
  }
};

/// The JSON of `GET /cache-status`.
std::string to_json(const ServiceStatus& status);

/// The Prometheus text format of `GET /metrics`.
std::string to_prometheus(const ServiceStatus& status);

}  // namespace refrain
