#include "refrain/services/status/status_routes.h"

#include "refrain/http/problem.h"
#include "refrain/services/status/memory_limits_query.h"

#include <boost/beast/core/string.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <openssl/crypto.h>

#include <chrono>
#include <string_view>
#include <utility>

namespace refrain {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kEraseAllPath = "/v1/cache";
constexpr std::string_view kEraseOnePath = "/v1/cache/";
constexpr std::string_view kLimitsPath = "/v1/cache/limits";

/// Takes as long for a token that is wrong in its first byte as for one that is wrong in its last.
bool is_same_secret(std::string_view given, std::string_view secret) {
  return given.size() == secret.size() &&
         CRYPTO_memcmp(given.data(), secret.data(), secret.size()) == 0;
}

/// Whether `authorization` brings `token`. The scheme's name may be in any case (RFC 9110 section
/// 11.1).
bool has_bearer_token(std::string_view authorization, std::string_view token) {
  constexpr std::string_view kScheme = "Bearer ";
  return authorization.size() > kScheme.size() &&
         boost::beast::iequals(authorization.substr(0, kScheme.size()), kScheme) &&
         is_same_secret(authorization.substr(kScheme.size()), token);
}

void write_success(http::Response& response, boost::json::object body) {
  body["status"] = "success";
  response.set_body(kJson, boost::json::serialize(body));
}

}  // namespace

StatusRoutes::StatusRoutes(const ServiceContext& context, std::string version)
    : context_(context),
      version_(std::move(version)),
      start_(context.clock.steady_now()) {}

ServiceStatus StatusRoutes::status() const {
  ServiceStatus status;
  status.service = context_.name;
  status.version = version_;
  status.uptime_seconds =
      std::chrono::duration<double>(context_.clock.steady_now() - start_).count();
  status.cache = context_.cache.stats();
  return status;
}

void StatusRoutes::add_routes(http::Router& router) {
  const auto add = [&router](std::string path, auto write) {
    router.add(http::Method::kGet,
               std::move(path),
               [write](const http::Request&, http::Response& response) {
                 write(response);
                 return std::optional<Task<void>>();
               });
  };
  add("/", [](http::Response& response) {
    response.set_body(kJson, R"({"status":"success","message":"Service is running"})");
  });
  add("/healthz", [](http::Response& response) { response.set_body(kJson, R"({"status":"ok"})"); });
  add("/readyz", [this](http::Response& response) { write_readiness(response); });
  add("/cache-status", [this](http::Response& response) {
    response.set_body(kJson, to_json(status()));
    response.add_header("Cache-Control", "no-store");
  });
  add("/metrics", [this](http::Response& response) {
    response.set_body("text/plain; version=0.0.4; charset=utf-8", to_prometheus(status()));
  });
  router.add(http::Method::kDelete,
             std::string(kEraseAllPath),
             [this](const http::Request& request, http::Response& response) {
               return clear(request, response);
             });
  router.add(http::Method::kPost,
             std::string(kLimitsPath),
             [this](const http::Request& request, http::Response& response) {
               set_limits(request, response);
               return std::optional<Task<void>>();
             });
  router.add(http::Method::kDelete,
             std::string(kEraseOnePath) + "*",
             [this](const http::Request& request, http::Response& response) {
               return erase(request, response);
             });
}

void StatusRoutes::set_limits(const http::Request& request, http::Response& response) {
  if (!is_admin(request, response)) return;
  if (context_.memory == nullptr) {
    http::write_problem(response,
                        Error(ErrorCode::kUnprocessable, "the service has no cache in memory"));
    return;
  }
  const Result<MemoryLimitsQuery> limits =
      MemoryLimitsQuery::read(request.body(), context_.memory->least_items());
  if (!limits) {
    http::write_problem(response, limits.error());
    return;
  }
  context_.memory->set_limits(limits->max_items, limits->max_size_bytes);
  const TierStats changed = context_.memory->stats();
  boost::json::object body;
  body["max_items"] = *changed.max_items;
  body["max_size_bytes"] = *changed.max_size_bytes;
  body["items"] = changed.items;
  body["size_bytes"] = changed.size_bytes;
  write_success(response, std::move(body));
}

void StatusRoutes::write_readiness(http::Response& response) const {
  const ServiceStatus now = status();
  boost::json::array missing;
  boost::json::array unwritable;
  for (const TierStats& tier : now.cache.tiers) {
    if (!tier.available) missing.emplace_back(tier.name);
    if (!ServiceStatus::has_working_writes(tier)) unwritable.emplace_back(tier.name);
  }
  boost::json::object body;
  body["status"] = now.is_whole() ? "ready" : "degraded";
  body["unavailable_tiers"] = std::move(missing);
  body["unwritable_tiers"] = std::move(unwritable);
  response.set_body(kJson, boost::json::serialize(body));
}

bool StatusRoutes::is_admin(const http::Request& request, http::Response& response) const {
  http::Problem problem;
  if (context_.admin_token.empty()) {
    if (request.is_from_loopback()) return true;
    problem.status = 403;
    problem.code = "forbidden";
    problem.message = "admin routes answer on loopback only until an admin token is configured";
  } else {
    if (has_bearer_token(request.header("Authorization"), context_.admin_token)) return true;
    problem.status = 401;
    problem.code = "unauthorized";
    problem.message = "send Authorization: Bearer with the admin token";
  }
  http::write_problem(response, problem);
  if (problem.status == 401) response.add_header("WWW-Authenticate", "Bearer");
  return false;
}

std::optional<Task<void>> StatusRoutes::clear(const http::Request& request,
                                              http::Response& response) {
  if (!is_admin(request, response)) return std::nullopt;
  return clear_later(response);
}

Task<void> StatusRoutes::clear_later(http::Response& response) {
  const Result<void> cleared = co_await context_.cache.clear();
  context_.log.write(LogLevel::kInfo,
                     "cleared",
                     {LogField("service", context_.name),
                      LogField("epoch", std::to_string(context_.cache.epoch()))});
  boost::json::object body;
  body["epoch"] = context_.cache.epoch();
  // A tier that could not be told now is told when it is back; until then nobody asks for the old
  // epoch.
  if (!cleared) body["pending"] = cleared.error().message();
  write_success(response, std::move(body));
}

std::optional<Task<void>> StatusRoutes::erase(const http::Request& request,
                                              http::Response& response) {
  if (!is_admin(request, response)) return std::nullopt;
  const std::optional<CacheKey> key =
      CacheKey::from_hex(request.path().substr(kEraseOnePath.size()));
  if (key) return erase_later(response, *key);
  http::write_problem(
      response,
      Error(ErrorCode::kInvalidArgument, "the digest must be 64 hexadecimal digits", "digest"));
  return std::nullopt;
}

Task<void> StatusRoutes::erase_later(http::Response& response, CacheKey key) {
  const Result<EraseOutcome> erased = co_await context_.cache.erase(key);
  if (!erased) {
    http::write_problem(response, erased.error());
  } else if (*erased == EraseOutcome::kAbsent) {
    http::Problem problem;
    problem.status = 404;
    problem.code = "not_found";
    problem.message = "no entry with this digest is in the cache";
    http::write_problem(response, problem);
  } else {
    boost::json::object body;
    body["deleted"] = true;
    if (*erased == EraseOutcome::kPending)
      body["pending"] = "a tier that is out of reach forgets it before it answers again";
    write_success(response, std::move(body));
  }
}

}  // namespace refrain
