#include "refrain/services/status/service_status.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace refrain {
namespace {

double seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

boost::json::value number_or_null(const std::optional<std::int64_t>& number) {
  if (!number) return nullptr;
  return *number;
}

/// Two decimals are enough for a person, and keep the text short.
double rounded(double number) {
  return std::round(number * 100) / 100;
}

/// How full the tier is: by its bytes if they are bounded, else by its items.
double utilization_percent(const TierStats& tier) {
  double highest = 0;
  const auto consider = [&highest](std::int64_t used, const std::optional<std::int64_t>& bound) {
    if (bound && *bound > 0)
      highest = std::max(highest, 100.0 * static_cast<double>(used) / static_cast<double>(*bound));
  };
  consider(tier.size_bytes, tier.max_size_bytes);
  if (!tier.max_size_bytes) consider(tier.items, tier.max_items);
  return rounded(highest);
}

boost::json::object removals_json(const Removals& removals) {
  boost::json::object json;
  json["capacity"] = removals.capacity;
  json["expired"] = removals.expired;
  json["invalidated"] = removals.invalidated;
  json["replaced"] = removals.replaced;
  json["corrupt"] = removals.corrupt;
  return json;
}

boost::json::object corruptions_json(
    const std::vector<std::pair<std::string, std::int64_t>>& corruptions) {
  boost::json::object json;
  for (const auto& [kind, count] : corruptions)
    json[kind] = count;
  return json;
}

boost::json::object recovery_json(const RecoveryStats& recovery) {
  boost::json::object json;
  json["waiting"] = recovery.waiting;
  json["waiting_bytes"] = recovery.waiting_bytes;
  json["replayed"] = recovery.replayed;
  json["dropped"] = recovery.dropped;
  json["expired"] = recovery.expired;
  json["erasures_waiting"] = recovery.erasures_waiting;
  json["erasures_replayed"] = recovery.erasures_replayed;
  json["epochs_raised"] = recovery.epochs_raised;
  return json;
}

boost::json::value server_memory_json(const std::optional<ServerMemory>& memory) {
  if (!memory) return nullptr;
  boost::json::object json;
  json["used_bytes"] = memory->used_bytes;
  json["max_bytes"] = memory->max_bytes;
  json["policy"] = memory->policy;
  json["warning"] = memory->warning;
  return json;
}

boost::json::object tracking_json(const TrackingStats& tracking) {
  boost::json::object json;
  json["up"] = tracking.is_up;
  json["changes"] = tracking.changes;
  json["flushes"] = tracking.flushes;
  json["losses"] = tracking.losses;
  return json;
}

boost::json::array shards_json(const std::vector<ShardStats>& shards) {
  boost::json::array all;
  for (const ShardStats& shard : shards) {
    boost::json::object json;
    json["address"] = shard.address;
    json["available"] = shard.is_available;
    json["slots"] = shard.slots;
    all.push_back(std::move(json));
  }
  return all;
}

void add_remote(boost::json::object& json, const RemoteTierStats& remote) {
  boost::json::object latency;
  latency["p50"] = remote.latency_p50_ms;
  latency["p99"] = remote.latency_p99_ms;
  json["state"] = remote.state;
  json["mode"] = remote.mode;
  if (!remote.shards.empty()) json["shards"] = shards_json(remote.shards);
  json["latency_ms"] = std::move(latency);
  json["corruptions"] = corruptions_json(remote.corruptions);
  json["recovery"] = recovery_json(remote.recovery);
  json["server_memory"] = server_memory_json(remote.memory);
  if (remote.tracking) json["tracking"] = tracking_json(*remote.tracking);
}

boost::json::object breakers_json(const std::vector<BreakerStats>& breakers) {
  boost::json::object json;
  for (const BreakerStats& breaker : breakers) {
    boost::json::object one;
    one["state"] = breaker.state;
    boost::json::object entered;
    boost::json::object spent;
    for (const BreakerStats::Stay& stay : breaker.stays) {
      entered[stay.state] = stay.entered;
      spent[stay.state] = rounded(stay.seconds);
    }
    one["entered"] = std::move(entered);
    one["seconds"] = std::move(spent);
    json[breaker.name] = std::move(one);
  }
  return json;
}

boost::json::object late_json(const LateStats& late) {
  boost::json::object json;
  json["finds"] = late.finds;
  json["hits"] = late.hits;
  json["inserts"] = late.inserts;
  return json;
}

void add_disk(boost::json::object& json, const DiskTierStats& disk) {
  boost::json::object queue;
  queue["entries"] = disk.queued;
  queue["size_bytes"] = disk.queued_bytes;
  queue["dropped"] = disk.dropped;
  json["state"] = disk.state;
  json["write_state"] = disk.write_state;
  json["queue"] = std::move(queue);
  json["rewritten"] = disk.rewritten;
  json["segments"] = disk.segments;
  json["index_bytes"] = disk.index_bytes;
  json["corruptions"] = corruptions_json(disk.corruptions);
}

void add_memory(boost::json::object& json, const MemoryTierStats& memory) {
  json["policy"] = memory.policy;
  json["present_policy"] = memory.present_policy;
  json["overhead_bytes"] = memory.overhead_bytes;
  boost::json::array forecast;
  for (const SizeForecast& size : memory.forecast) {
    boost::json::object one;
    one["scale"] = size.scale;
    one["hit_ratio"] = size.hit_ratio;
    one["seconds_saved"] = size.seconds_saved;
    forecast.emplace_back(std::move(one));
  }
  json["forecast"] = std::move(forecast);
}

boost::json::object tier_json(const TierStats& tier) {
  boost::json::object json;
  json["name"] = tier.name;
  json["available"] = tier.available;
  json["items"] = tier.items;
  json["max_items"] = number_or_null(tier.max_items);
  json["size_bytes"] = tier.size_bytes;
  json["max_size_bytes"] = number_or_null(tier.max_size_bytes);
  json["utilization_percent"] = utilization_percent(tier);
  json["ttl_seconds"] = tier.ttl.count();
  json["hits"] = tier.hits;
  json["misses"] = tier.misses;
  json["insertions"] = tier.insertions;
  json["refusals"] = tier.refusals;
  json["errors"] = tier.errors;
  json["removals"] = removals_json(tier.removals);
  if (tier.memory) add_memory(json, *tier.memory);
  if (tier.directory) json["directory"] = *tier.directory;
  if (tier.disk) add_disk(json, *tier.disk);
  if (tier.remote) add_remote(json, *tier.remote);
  if (!tier.breakers.empty()) json["breakers"] = breakers_json(tier.breakers);
  if (tier.late) json["late"] = late_json(*tier.late);
  return json;
}

boost::json::object requests_json(const RequestStats& requests) {
  boost::json::object json;
  json["total"] = requests.total();
  json["hit"] = requests.hit;
  json["stale"] = requests.stale;
  json["miss"] = requests.miss;
  json["bypass"] = requests.bypass;
  json["coalesced"] = requests.coalesced;
  json["error"] = requests.error;
  return json;
}

boost::json::object generation_json(const GenerationStats& generation) {
  boost::json::object json;
  json["count"] = generation.count;
  json["failed"] = generation.failed;
  json["running"] = generation.running;
  json["rejected"] = generation.rejected;
  json["seconds_spent"] = seconds(generation.spent);
  json["seconds_saved"] = seconds(generation.saved);
  return json;
}

boost::json::object lease_json(const LeaseStats& lease) {
  boost::json::object json;
  json["taken"] = lease.taken;
  json["waits"] = lease.waits;
  json["answered"] = lease.answered;
  json["timeouts"] = lease.timeouts;
  json["unavailable"] = lease.unavailable;
  json["lost"] = lease.lost;
  return json;
}

}  // namespace

std::string to_json(const ServiceStatus& status) {
  boost::json::object json;
  json["service"] = status.service;
  json["version"] = status.version;
  json["uptime_seconds"] = rounded(status.uptime_seconds);
  json["requests"] = requests_json(status.cache.requests);
  json["hit_ratio"] = status.cache.requests.hit_ratio();
  json["generation"] = generation_json(status.cache.generation);
  if (status.cache.lease) json["lease"] = lease_json(*status.cache.lease);
  boost::json::array tiers;
  for (const TierStats& tier : status.cache.tiers)
    tiers.emplace_back(tier_json(tier));
  json["tiers"] = std::move(tiers);
  return boost::json::serialize(json);
}

}  // namespace refrain
