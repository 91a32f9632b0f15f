#pragma once

/// @file
/// What every route of a service needs.

#include "refrain/cache/tiered_cache.h"
#include "refrain/core/clock.h"
#include "refrain/core/log.h"
#include "refrain/memory/memory_tier.h"

#include <string>

namespace refrain {

/// The surroundings of one service. All that is referred to outlives the service.
struct ServiceContext {
  ServiceContext(std::string service_name,
                 TieredCache& service_cache,
                 const Clock& service_clock,
                 Log& service_log)
      : name(std::move(service_name)),
        cache(service_cache),
        clock(service_clock),
        log(service_log) {}

  const std::string name;  ///< `text` or `sticker`.
  TieredCache& cache;
  const Clock& clock;
  Log& log;
  MemoryTier* memory = nullptr;  ///< The cache's tier in memory, if it has one.
  std::string
      tenant_header;  ///< The field whose value names the tenant; empty: one tenant for all.
  std::string
      admin_token;  ///< Bearer token of the admin routes; empty: they answer on loopback only.
};

}  // namespace refrain
