#pragma once

/// @file
/// The routes that both services have: who they are, how they are, and forgetting.

#include "refrain/core/clock.h"
#include "refrain/http/router.h"
#include "refrain/services/api/service_context.h"
#include "refrain/services/status/service_status.h"

#include <optional>
#include <string>

namespace refrain {

/// `GET /`, `/cache-status`, `/metrics`, `/healthz`, `/readyz`, and the admin routes `DELETE
/// /v1/cache`, `DELETE /v1/cache/<digest>` and `POST /v1/cache/limits`.
///
/// Thread safety: any event loop. Ownership: the context outlives it, and it outlives the router.
class StatusRoutes {
public:
  StatusRoutes(const ServiceContext& context, std::string version);

  void add_routes(http::Router& router);

  [[nodiscard]] ServiceStatus status() const;

private:
  [[nodiscard]] bool is_admin(const http::Request& request, http::Response& response) const;
  [[nodiscard]] std::optional<Task<void>> clear(const http::Request& request,
                                                http::Response& response);
  [[nodiscard]] std::optional<Task<void>> erase(const http::Request& request,
                                                http::Response& response);
  void set_limits(const http::Request& request, http::Response& response);
  Task<void> clear_later(http::Response& response);
  Task<void> erase_later(http::Response& response, CacheKey key);
  void write_readiness(http::Response& response) const;

  const ServiceContext& context_;
  const std::string version_;
  const SteadyTime start_;
};

}  // namespace refrain
