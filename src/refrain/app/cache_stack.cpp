#include "refrain/app/cache_stack.h"

#include "refrain/app/redis_tls.h"
#include "refrain/app/start_error.h"
#include "refrain/memory/fallback_tier.h"
#include "refrain/memory/policy/policy_kind.h"
#include "refrain/redis/client/redis_address.h"
#include "refrain/redis/client/redis_client_options.h"
#include "refrain/redis/client/redis_mode.h"
#include "refrain/redis/client/redis_url.h"
#include "refrain/redis/redis_generation_lease.h"
#include "refrain/services/sticker/cached_sticker_generator.h"
#include "refrain/services/text_prediction/cached_predictor.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <utility>

namespace refrain::app {
namespace {

Result<RedisEndpoint> endpoint_of(const Settings& settings) {
  return settings.redis_url.empty() ? redis_endpoint(settings.redis_host, settings.redis_port)
                                    : parse_redis_url(settings.redis_url);
}

// Of the connection on which Redis tells of changes: no request waits for it, and giving it up
// empties memory, so it may take longer than a command.
constexpr std::chrono::milliseconds kSignOfLifeBudget{250};

// How the servers are arranged; an error names the option that does not fit.
Result<RedisClientOptions> servers_of(const Settings& settings) {
  RedisClientOptions servers;
  servers.mode = redis_mode(settings.redis_mode).value_or(RedisMode::kStandalone);
  const bool is_sentinel = servers.mode == RedisMode::kSentinel;
  Result<std::vector<RedisAddress>> nodes =
      parse_redis_addresses(settings.redis_nodes, is_sentinel ? 26'379 : 6379);
  if (!nodes) return fail(nodes.error());
  servers.nodes = std::move(*nodes);
  servers.master_name = settings.redis_master;
  servers.sentinel_user = settings.redis_sentinel_user;
  servers.sentinel_password = settings.redis_sentinel_password;
  servers.reads_from_replicas = settings.has_redis_replica_reads;
  if (!is_sentinel && !settings.redis_master.empty())
    return fail(ErrorCode::kInvalidArgument,
                "the Redis master has a name only in the mode sentinel",
                "master");
  if (servers.mode != RedisMode::kCluster && servers.reads_from_replicas)
    return fail(ErrorCode::kInvalidArgument,
                "the Redis replicas are read from only in the mode cluster",
                "replica-reads");
  return servers;
}

// The tier's own names for what was wrong, and the options that these come from.
constexpr std::pair<std::string_view, std::string_view> kRedisOptions[] = {
    {"URL", "redis-url"},
    {"database", "redis-url"},
    {"host", "redis-host"},
    {"port", "redis-port"},
    {"nodes", "redis-nodes"},
    {"master", "redis-master"},
    {"replica-reads", "redis-replica-reads"},
    {"ttl", "redis-ttl"},
    {"command budget", "redis-budget"},
    {"connect budget", "redis-connect-budget"},
};

Error named_by_option(const Error& error) {
  const auto* const found = std::ranges::find(
      kRedisOptions, std::string_view(error.field()), [](const auto& one) { return one.first; });
  if (found == std::end(kRedisOptions)) return error;
  return with_option(Error(error.code(), error.message(), std::string(found->second)));
}

// The options accept no other names.
PolicyKind policy_of(const std::string& name) {
  return policy_kind(name).value_or(PolicyKind::kLru);
}

Durability durability_of(const std::string& name) {
  if (name == "none") return Durability::kNone;
  return name == "always" ? Durability::kAlways : Durability::kInterval;
}

// Less, if another tier is asked after Redis and may have the answer: in the order near that is the
// memory in front, while Redis does not tell of changes.
std::chrono::milliseconds soft_budget_of(const Settings& settings, std::string_view service) {
  if (settings.redis_soft_budget > std::chrono::milliseconds(0)) return settings.redis_soft_budget;
  const bool has_fallback = service == CachedPredictor::kService &&
                            settings.text_memory_items > 0 && settings.text_memory_bytes > 0;
  return std::chrono::milliseconds(has_fallback ? 20 : 50);
}

}  // namespace

CacheStack::~CacheStack() = default;

Result<std::unique_ptr<CacheStack>> CacheStack::for_text(const Settings& settings,
                                                         const CacheSurroundings& surroundings) {
  std::unique_ptr<CacheStack> stack(new CacheStack(surroundings));
  MemoryCache::Config memory;
  memory.max_items = settings.text_memory_items;
  memory.max_size_bytes = settings.text_memory_bytes;
  memory.ttl = settings.text_memory_ttl;
  memory.policy = policy_of(settings.text_memory_policy);
  const Result<void> added = stack->add_text_tiers(settings, memory);
  if (!added) return fail(added.error());
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

Result<void> CacheStack::add_text_tiers(const Settings& settings,
                                        const MemoryCache::Config& memory) {
  const bool has_memory = memory.max_items > 0 && memory.max_size_bytes > 0;
  if (settings.text_order == "near" && settings.has_redis && has_memory)
    return add_near_and_redis(settings, memory);
  if (settings.has_redis) {
    Result<void> added = add_redis(settings, CachedPredictor::kService);
    if (!added) return added;
  }
  add_memory(memory);
  return {};
}

// The same memory twice: in front while Redis tells of changes, behind while it does not.
Result<void> CacheStack::add_near_and_redis(const Settings& settings,
                                            const MemoryCache::Config& memory) {
  if (settings.has_redis_replica_reads) {
    return fail(ErrorCode::kInvalidArgument,
                "the order near reads nothing from replicas: they may be behind what their master "
                "has told already (--redis-replica-reads)",
                "redis-replica-reads");
  }
  auto tier = std::make_unique<MemoryTier>(memory, surroundings_.clock);
  memory_ = tier.get();
  auto near = std::make_unique<NearTier>(std::move(tier));
  near_ = near.get();
  tiers_.push_back(std::move(near));
  Result<void> added = add_redis(settings, CachedPredictor::kService);
  if (!added) return added;
  tiers_.push_back(std::make_unique<FallbackTier>(*near_));
  return {};
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
  if (!endpoint) return fail(named_by_option(endpoint.error()));
  const Result<RedisClientOptions> servers = servers_of(settings);
  if (!servers) return fail(named_by_option(servers.error()));
  if (settings.redis_protocol == 2) endpoint->protocol = RedisProtocol::kResp2;
  const Result<void> secured = add_redis_tls(settings, *endpoint, surroundings_.log);
  if (!secured) return fail(secured.error());
  redis_endpoint_ = *endpoint;
  RedisCache::Options options;
  options.servers = *servers;
  options.endpoint = redis_endpoint_;
  options.service = std::string(service);
  options.ttl = settings.redis_ttl;
  options.mark_ttl = settings.redis_ttl + settings.stale_time;
  options.command_budget = settings.redis_budget;
  options.soft_budget = soft_budget_of(settings, service);
  options.connect_budget = settings.redis_connect_budget;
  options.seed = std::random_device()();
  Result<std::unique_ptr<RedisCache>> redis = RedisCache::create(
      options, surroundings_.loops, epoch_, surroundings_.clock, surroundings_.log);
  if (!redis) return fail(named_by_option(redis.error()));
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
  config.lease_after = settings.redis_lease_after;
  if (redis_ != nullptr && settings.redis_lease_after.count() > 0) {
    RedisGenerationLease::Options lease;
    lease.seed = (std::uint64_t{std::random_device()()} << 32U) | std::random_device()();
    config.lease = std::make_shared<RedisGenerationLease>(lease, *redis_, surroundings_.log);
  }
  cache_ = std::make_unique<TieredCache>(
      std::move(tiers_), config, surroundings_.clock, epoch_, surroundings_.log);
  if (redis_ == nullptr) return;
  redis_->start();
  follow_changes(settings);
}

void CacheStack::follow_changes(const Settings& settings) {
  boost::asio::io_context& loop = *surroundings_.loops.front();
  follower_ = std::make_unique<ChangeFollower>(*cache_, near_, loop.get_executor());
  RedisTracker::Options options;
  options.connection.endpoint = redis_endpoint_;
  options.connection.connect_budget = settings.redis_connect_budget;
  options.connection.command_budget = std::max(settings.redis_budget, kSignOfLifeBudget);
  options.connection.seed = std::random_device()();
  options.scope = near_ != nullptr ? RedisTracker::Scope::kEntries : RedisTracker::Scope::kEpoch;
  tracker_ = std::make_unique<RedisTracker>(options, *redis_, loop, *follower_, surroundings_.log);
  tracker_->start();
}

}  // namespace refrain::app
