#include "refrain/app/cache_stack.h"

#include "refrain/app/redis_tls.h"
#include "refrain/memory/policy/policy_kind.h"
#include "refrain/redis/client/redis_url.h"
#include "refrain/services/sticker/cached_sticker_generator.h"
#include "refrain/services/text_prediction/cached_predictor.h"

#include <random>
#include <string>
#include <utility>

namespace refrain::app {
namespace {

Result<RedisEndpoint> endpoint_of(const Settings& settings) {
  const Result<void> mode = check_redis_mode(settings.redis_mode);
  if (!mode) return fail(mode.error());
  return settings.redis_url.empty() ? redis_endpoint(settings.redis_host, settings.redis_port)
                                    : parse_redis_url(settings.redis_url);
}

// The options accept no other names.
PolicyKind policy_of(const std::string& name) {
  return policy_kind(name).value_or(PolicyKind::kLru);
}

Durability durability_of(const std::string& name) {
  if (name == "none") return Durability::kNone;
  return name == "always" ? Durability::kAlways : Durability::kInterval;
}

}  // namespace

CacheStack::~CacheStack() = default;

Result<std::unique_ptr<CacheStack>> CacheStack::for_text(const Settings& settings,
                                                         const CacheSurroundings& surroundings) {
  std::unique_ptr<CacheStack> stack(new CacheStack(surroundings));
  if (settings.has_redis) {
    const Result<void> added = stack->add_redis(settings, CachedPredictor::kService);
    if (!added) return fail(added.error());
  }
  MemoryCache::Config memory;
  memory.max_items = settings.text_memory_items;
  memory.max_size_bytes = settings.text_memory_bytes;
  memory.ttl = settings.text_memory_ttl;
  memory.policy = policy_of(settings.text_memory_policy);
  stack->add_memory(memory);
  // How long a prediction is fresh is the primary cache's to say.
  stack->compose(settings, settings.has_redis ? settings.redis_ttl : settings.text_memory_ttl);
  return stack;
}

Result<std::unique_ptr<CacheStack>> CacheStack::for_stickers(
    const Settings& settings,
    const CacheSurroundings& surroundings) {
  std::unique_ptr<CacheStack> stack(new CacheStack(surroundings));
  MemoryCache::Config memory;
  memory.max_items = settings.sticker_memory_items;
  memory.max_size_bytes = settings.sticker_memory_bytes;
  memory.ttl = settings.sticker_memory_ttl;
  memory.policy = policy_of(settings.sticker_memory_policy);
  stack->add_memory(memory);
  if (settings.has_disk && settings.disk_bytes > 0) stack->add_disk(settings);
  if (settings.has_sticker_redis) {
    const Result<void> added = stack->add_redis(settings, CachedStickerGenerator::kService);
    if (!added) return fail(added.error());
  }
  // The tier that keeps stickers longest says how long they are fresh.
  stack->compose(settings,
                 stack->disk_ != nullptr ? settings.disk_ttl : settings.sticker_memory_ttl);
  return stack;
}

void CacheStack::add_memory(const MemoryCache::Config& config) {
  if (config.max_items == 0 || config.max_size_bytes == 0) return;
  auto memory = std::make_unique<MemoryTier>(config, surroundings_.clock);
  memory_ = memory.get();
  tiers_.push_back(std::move(memory));
}

void CacheStack::add_disk(const Settings& settings) {
  DiskCache::Options options;
  options.directory = settings.disk_directory;
  options.max_size_bytes = settings.disk_bytes;
  options.ttl = settings.disk_ttl;
  options.durability = durability_of(settings.disk_durability);
  options.transfer =
      settings.disk_transfer == "copy" ? DiskTransfer::kCopy : DiskTransfer::kSendfile;
  options.min_free_bytes = settings.disk_free_floor;
  options.threads = settings.disk_threads;
  options.read_budget = settings.disk_read_budget;
  options.max_queued_bytes = settings.disk_queue_bytes;
  auto disk = std::make_unique<DiskCache>(options, surroundings_.clock, surroundings_.log);
  epoch_.adopt(disk->epoch());
  disk_ = disk.get();
  tiers_.push_back(std::move(disk));
}

Result<void> CacheStack::add_redis(const Settings& settings, std::string_view service) {
  Result<RedisEndpoint> endpoint = endpoint_of(settings);
  if (!endpoint) return fail(endpoint.error());
  if (settings.redis_protocol == 2) endpoint->protocol = RedisProtocol::kResp2;
  const Result<void> secured = add_redis_tls(settings, *endpoint, surroundings_.log);
  if (!secured) return fail(secured.error());
  RedisCache::Options options;
  options.endpoint = *endpoint;
  options.service = std::string(service);
  options.ttl = settings.redis_ttl;
  options.command_budget = settings.redis_budget;
  options.connect_budget = settings.redis_connect_budget;
  options.seed = std::random_device()();
  Result<std::unique_ptr<RedisCache>> redis = RedisCache::create(
      options, surroundings_.loops, epoch_, surroundings_.clock, surroundings_.log);
  if (!redis) return fail(redis.error());
  redis_ = redis->get();
  tiers_.push_back(std::move(*redis));
  return {};
}

void CacheStack::compose(const Settings& settings, std::chrono::seconds ttl) {
  TieredCache::Config config;
  config.freshness.ttl = ttl;
  config.freshness.stale = settings.stale_time;
  config.generation_limit = settings.generation_limit;
  config.max_generations = settings.max_generations;
  config.max_entry_bytes = settings.max_entry_bytes;
  cache_ = std::make_unique<TieredCache>(
      std::move(tiers_), config, surroundings_.clock, epoch_, surroundings_.log);
  if (redis_ != nullptr) redis_->start();
}

}  // namespace refrain::app
