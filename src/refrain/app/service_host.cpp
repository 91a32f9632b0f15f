#include "refrain/app/service_host.h"

#include "refrain/app/models.h"

#include <utility>

namespace refrain::app {

ServiceHost::ServiceHost(std::string_view name,
                         std::unique_ptr<CacheStack> caches,
                         const Settings& settings,
                         const CacheSurroundings& surroundings)
    : caches_(std::move(caches)),
      context_(std::string(name), caches_->cache(), surroundings.clock, surroundings.log),
      status_(context_, REFRAIN_VERSION),
      host_(settings.host) {
  context_.memory = caches_->memory();
  context_.tenant_header = settings.tenant_header;
  context_.admin_token = settings.admin_token;
  status_.add_routes(router_);
}

ServiceHost::~ServiceHost() {
  if (caches_->redis() != nullptr) caches_->redis()->stop();
}

std::string ServiceHost::address() const {
  const bool is_v6 = host_.find(':') != std::string::npos;
  return "http://" + (is_v6 ? "[" + host_ + "]" : host_) + ":" + std::to_string(server_->port());
}

Result<void> ServiceHost::listen(const Settings& settings,
                                 const CacheSurroundings& surroundings,
                                 std::uint16_t port) {
  http::Server::Address address;
  address.host = settings.host;
  address.port = port;
  Result<std::unique_ptr<http::Server>> server =
      http::Server::open(address, surroundings.loops, router_, settings.limits, surroundings.log);
  if (!server) return fail(server.error());
  server_ = std::move(*server);
  janitor_ = std::make_unique<Janitor>(
      surroundings.loops.front()->get_executor(), caches_->cache(), settings.cleanup_interval);
  return {};
}

TextHost::TextHost(std::unique_ptr<CacheStack> caches,
                   std::unique_ptr<Predictor> predictor,
                   const Settings& settings,
                   const CacheSurroundings& surroundings)
    : ServiceHost(CachedPredictor::kService, std::move(caches), settings, surroundings),
      predictor_(std::move(predictor)),
      cached_(*predictor_, cache()),
      service_(context_, cached_, settings.max_text_characters) {
  service_.add_routes(router_);
}

Result<std::unique_ptr<ServiceHost>> TextHost::open(const Settings& settings,
                                                    const CacheSurroundings& surroundings) {
  Result<std::unique_ptr<Predictor>> predictor = make_predictor(settings, surroundings.pool);
  if (!predictor) return fail(predictor.error());
  Result<std::unique_ptr<CacheStack>> caches = CacheStack::for_text(settings, surroundings);
  if (!caches) return fail(caches.error());
  std::unique_ptr<TextHost> host(
      new TextHost(std::move(*caches), std::move(*predictor), settings, surroundings));
  const Result<void> listening = host->listen(settings, surroundings, settings.text_port);
  if (!listening) return fail(listening.error());
  return host;
}

StickerHost::StickerHost(std::unique_ptr<CacheStack> caches,
                         std::unique_ptr<StickerGenerator> generator,
                         const Settings& settings,
                         const CacheSurroundings& surroundings)
    : ServiceHost(CachedStickerGenerator::kService, std::move(caches), settings, surroundings),
      generator_(std::move(generator)),
      cached_(*generator_, cache()),
      service_(context_, cached_, settings.max_prompt_characters) {
  service_.add_routes(router_);
}

Result<std::unique_ptr<ServiceHost>> StickerHost::open(const Settings& settings,
                                                       const CacheSurroundings& surroundings) {
  Result<std::unique_ptr<StickerGenerator>> generator =
      make_sticker_generator(settings, surroundings.pool);
  if (!generator) return fail(generator.error());
  Result<std::unique_ptr<CacheStack>> caches = CacheStack::for_stickers(settings, surroundings);
  if (!caches) return fail(caches.error());
  std::unique_ptr<StickerHost> host(
      new StickerHost(std::move(*caches), std::move(*generator), settings, surroundings));
  const Result<void> listening = host->listen(settings, surroundings, settings.sticker_port);
  if (!listening) return fail(listening.error());
  return host;
}

}  // namespace refrain::app
