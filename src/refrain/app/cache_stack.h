#pragma once

/// @file
/// The caches of the two services, as they are configured.

#include "refrain/app/change_follower.h"
#include "refrain/app/settings.h"
#include "refrain/cache/epoch.h"
#include "refrain/cache/tiered_cache.h"
#include "refrain/core/clock.h"
#include "refrain/core/log.h"
#include "refrain/core/result.h"
#include "refrain/disk/disk_cache.h"
#include "refrain/memory/memory_tier.h"
#include "refrain/memory/near_tier.h"
#include "refrain/redis/redis_cache.h"
#include "refrain/redis/redis_tracker.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <memory>
#include <vector>

namespace refrain::app {

/// What caches are built on. All outlives them.
struct CacheSurroundings {
  CacheSurroundings(const std::vector<boost::asio::io_context*>& event_loops,
                    boost::asio::thread_pool& blocking_pool,
                    const Clock& the_clock,
                    Log& the_log)
      : loops(event_loops),
        pool(blocking_pool),
        clock(the_clock),
        log(the_log) {}

  const std::vector<boost::asio::io_context*>& loops;
  boost::asio::thread_pool& pool;
  const Clock& clock;
  Log& log;
};

/// A service's cache with the tiers that its settings ask for, and handles to those that have more
/// to them than a tier.
class CacheStack {
public:
  /// `[redis, memory]`, or with the order `near` the other way round for as long as Redis tells of
  /// every change. Fails for a Redis address that makes no sense; a Redis that is away is no
  /// failure.
  static Result<std::unique_ptr<CacheStack>> for_text(const Settings& settings,
                                                      const CacheSurroundings& surroundings);

  /// `[memory, disk]`, and `redis` if asked for.
  static Result<std::unique_ptr<CacheStack>> for_stickers(const Settings& settings,
                                                          const CacheSurroundings& surroundings);

  CacheStack(const CacheStack&) = delete;
  CacheStack& operator=(const CacheStack&) = delete;
  ~CacheStack();

  [[nodiscard]] TieredCache& cache() { return *cache_; }
  /// Null if the tier is off.
  [[nodiscard]] MemoryTier* memory() { return memory_; }
  /// Null if the tier is off.
  [[nodiscard]] RedisCache* redis() { return redis_; }
  [[nodiscard]] DiskCache* disk() { return disk_; }

private:
  explicit CacheStack(const CacheSurroundings& surroundings) : surroundings_(surroundings) {}

  Result<void> add_text_tiers(const Settings& settings, const MemoryCache::Config& memory);
  void add_memory(const MemoryCache::Config& config);
  Result<void> add_near_and_redis(const Settings& settings, const MemoryCache::Config& memory);
  void follow_changes(const Settings& settings);
  void add_disk(const Settings& settings);
  Result<void> add_redis(const Settings& settings, std::string_view service);
  void compose(const Settings& settings, std::chrono::seconds ttl);

  CacheSurroundings surroundings_;
  Epoch epoch_;
  std::vector<std::unique_ptr<Tier>> tiers_;  // until composed
  std::unique_ptr<TieredCache> cache_;
  MemoryTier* memory_ = nullptr;  // owned by cache_
  RedisCache* redis_ = nullptr;   // owned by cache_
  RedisEndpoint redis_endpoint_;  // with its TLS, once there is a redis_
  DiskCache* disk_ = nullptr;     // owned by cache_
  NearTier* near_ = nullptr;      // owned by cache_
  std::unique_ptr<ChangeFollower> follower_;
  std::unique_ptr<RedisTracker> tracker_;  // last: it speaks to the others
};

}  // namespace refrain::app
