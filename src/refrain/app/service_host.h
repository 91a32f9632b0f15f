#pragma once

/// @file
/// One service, from its caches to its socket.

#include "refrain/app/cache_stack.h"
#include "refrain/app/settings.h"
#include "refrain/cache/janitor.h"
#include "refrain/core/result.h"
#include "refrain/http/router.h"
#include "refrain/http/server.h"
#include "refrain/models/sticker/sticker_generator.h"
#include "refrain/models/text/predictor.h"
#include "refrain/services/api/service_context.h"
#include "refrain/services/status/status_routes.h"
#include "refrain/services/sticker/cached_sticker_generator.h"
#include "refrain/services/sticker/sticker_service.h"
#include "refrain/services/text_prediction/cached_predictor.h"
#include "refrain/services/text_prediction/text_prediction_service.h"

#include <memory>
#include <string>
#include <string_view>

namespace refrain::app {

/// A service that listens. What is particular to it is in the two subclasses.
///
/// Thread safety: `drain` and the getters from any thread; `stop` when its loops no longer run.
class ServiceHost {
public:
  ServiceHost(const ServiceHost&) = delete;
  ServiceHost& operator=(const ServiceHost&) = delete;
  virtual ~ServiceHost();

  [[nodiscard]] std::string_view name() const { return context_.name; }
  [[nodiscard]] std::string address() const;
  [[nodiscard]] std::size_t connection_count() const { return server_->connection_count(); }
  [[nodiscard]] TieredCache& cache() { return caches_->cache(); }

  void drain() { server_->drain(); }

protected:
  ServiceHost(std::string_view name,
              std::unique_ptr<CacheStack> caches,
              const Settings& settings,
              const CacheSurroundings& surroundings);

  /// Begins to listen, once the routes are added.
  Result<void> listen(const Settings& settings,
                      const CacheSurroundings& surroundings,
                      std::uint16_t port);

  const std::unique_ptr<CacheStack> caches_;
  ServiceContext context_;
  http::Router router_;

private:
  StatusRoutes status_;
  std::string host_;
  std::unique_ptr<Janitor> janitor_;
  std::unique_ptr<http::Server> server_;
};

class TextHost final : public ServiceHost {
public:
  static Result<std::unique_ptr<ServiceHost>> open(const Settings& settings,
                                                   const CacheSurroundings& surroundings);

private:
  TextHost(std::unique_ptr<CacheStack> caches,
           std::unique_ptr<Predictor> predictor,
           const Settings& settings,
           const CacheSurroundings& surroundings);

  std::unique_ptr<Predictor> predictor_;
  CachedPredictor cached_;
  TextPredictionService service_;
};

class StickerHost final : public ServiceHost {
public:
  static Result<std::unique_ptr<ServiceHost>> open(const Settings& settings,
                                                   const CacheSurroundings& surroundings);

private:
  StickerHost(std::unique_ptr<CacheStack> caches,
              std::unique_ptr<StickerGenerator> generator,
              const Settings& settings,
              const CacheSurroundings& surroundings);

  std::unique_ptr<StickerGenerator> generator_;
  CachedStickerGenerator cached_;
  StickerService service_;
};

}  // namespace refrain::app
