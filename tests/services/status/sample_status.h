#pragma once

/// @file
/// A status in which no two numbers are equal.

#include "refrain/services/status/service_status.h"

#include <chrono>
#include <cstdint>
#include <utility>

namespace refrain::testing {

inline TierStats sample_disk_tier() {
  TierStats disk;
  disk.name = "disk";
  disk.items = 31;
  disk.size_bytes = 90211;
  disk.max_size_bytes = 1'000'000;
  disk.ttl = std::chrono::hours(24);
  disk.hits = 41;
  disk.misses = 42;
  disk.insertions = 50;
  disk.refusals = 43;
  disk.errors = 44;
  disk.removals.capacity = 2;
  disk.removals.expired = 3;
  disk.removals.invalidated = 4;
  disk.removals.replaced = 5;
  disk.removals.corrupt = 5;
  disk.directory = "sticker_cache";
  DiskTierStats more;
  more.state = "closed";
  more.write_state = "half-open";
  more.queued = 101;
  more.queued_bytes = 102;
  more.dropped = 103;
  more.rewritten = 104;
  more.segments = 105;
  more.index_bytes = 106;
  more.corruptions = {{"meta", 111},
                      {"index", 112},
                      {"segment", 113},
                      {"record", 114},
                      {"payload", 115},
                      {"cut", 116}};
  disk.disk = more;
  return disk;
}

inline TierStats sample_memory_tier() {
  TierStats memory;
  memory.name = "memory";
  memory.items = 91;
  memory.max_items = 92;
  memory.size_bytes = 93;
  MemoryTierStats more;
  more.policy = "adaptive";
  more.present_policy = "tinylfu";
  more.overhead_bytes = 94;
  more.forecast = {{0.5, 0.25, 95.5}, {1, 0.5, 96.5}, {2, 0.75, 97.5}};
  memory.memory = more;
  return memory;
}

inline BreakerStats sample_breaker() {
  BreakerStats breaker;
  breaker.name = "0";
  breaker.state = "open";
  const auto add = [&breaker](const char* state, std::int64_t entered, double seconds) {
    BreakerStats::Stay stay;
    stay.state = state;
    stay.entered = entered;
    stay.seconds = seconds;
    breaker.stays.push_back(stay);
  };
  add("closed", 201, 20.5);
  add("open", 202, 21.5);
  add("half-open", 203, 22.5);
  return breaker;
}

inline RecoveryStats sample_recovery() {
  RecoveryStats recovery;
  recovery.waiting = 211;
  recovery.waiting_bytes = 212;
  recovery.replayed = 213;
  recovery.dropped = 214;
  recovery.expired = 215;
  recovery.erasures_waiting = 216;
  recovery.erasures_replayed = 217;
  recovery.epochs_raised = 218;
  return recovery;
}

inline TierStats sample_redis_tier() {
  TierStats redis;
  redis.name = "redis";
  redis.available = false;
  redis.items = 61;
  redis.insertions = 61;
  redis.ttl = std::chrono::seconds(3601);
  redis.hits = 71;
  redis.misses = 72;
  RemoteTierStats remote;
  remote.state = "open";
  remote.mode = "cluster";
  ShardStats shard;
  shard.address = "10.0.0.1:6379";
  shard.is_available = true;
  shard.slots = 16'384;
  remote.shards = {shard};
  remote.latency_p50_ms = 0.25;
  remote.latency_p99_ms = 1.5;
  remote.corruptions = {{"foreign", 221}, {"cut", 222}};
  remote.recovery = sample_recovery();
  ServerMemory memory;
  memory.used_bytes = 231;
  memory.max_bytes = 232;
  memory.policy = "noeviction";
  memory.warning = "bad";
  remote.memory = memory;
  TrackingStats tracking;
  tracking.is_up = true;
  tracking.changes = 251;
  tracking.flushes = 252;
  tracking.losses = 253;
  remote.tracking = tracking;
  redis.remote = remote;
  redis.breakers = {sample_breaker()};
  LateStats late;
  late.finds = 241;
  late.hits = 242;
  late.inserts = 243;
  redis.late = late;
  return redis;
}

inline ServiceStatus sample_status() {
  ServiceStatus status;
  status.service = "sticker";
  status.version = "1.2.3";
  status.uptime_seconds = 12.5;
  status.cache.requests.hit = 11;
  status.cache.requests.stale = 1;
  status.cache.requests.miss = 10;
  status.cache.requests.bypass = 2;
  status.cache.requests.coalesced = 7;
  status.cache.requests.error = 6;
  status.cache.generation.count = 9;
  status.cache.generation.failed = 4;
  status.cache.generation.running = 3;
  status.cache.generation.rejected = 8;
  status.cache.generation.spent = std::chrono::milliseconds(4800);
  status.cache.generation.saved = std::chrono::milliseconds(3250);
  LeaseStats lease;
  lease.taken = 261;
  lease.waits = 262;
  lease.answered = 263;
  lease.timeouts = 264;
  lease.unavailable = 265;
  lease.lost = 266;
  status.cache.lease = lease;
  status.cache.tiers.push_back(sample_disk_tier());
  status.cache.tiers.push_back(sample_redis_tier());
  return status;
}

}  // namespace refrain::testing
