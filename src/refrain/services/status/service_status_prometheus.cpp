#include "refrain/services/status/service_status.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <chrono>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace refrain {
namespace {

using Labels = std::map<std::string, std::string>;

/// Gathers the families of one status; every sample carries the service as a label.
class Families {
public:
  explicit Families(std::string service) : service_(std::move(service)) {}

  void begin(std::string name, std::string help, prometheus::MetricType type) {
    prometheus::MetricFamily family;
    family.name = "refrain_" + std::move(name);
    family.help = std::move(help);
    family.type = type;
    families_.push_back(std::move(family));
  }

  void add(const Labels& labels, double value) {
    prometheus::ClientMetric metric;
    metric.label.push_back({"service", service_});
    for (const auto& [name, text] : labels)
      metric.label.push_back({name, text});
    if (families_.back().type == prometheus::MetricType::Counter) {
      metric.counter.value = value;
    } else {
      metric.gauge.value = value;
    }
    families_.back().metric.push_back(std::move(metric));
  }

  void add(const Labels& labels, std::int64_t value) { add(labels, static_cast<double>(value)); }

  [[nodiscard]] std::string text() const {
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families_);
    return out.str();
  }

private:
  std::string service_;
  std::vector<prometheus::MetricFamily> families_;
};

double seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

void add_requests(Families& families, const CacheStats& cache) {
  using prometheus::MetricType;
  families.begin("requests_total", "Requests by how the cache answered them.", MetricType::Counter);
  families.add({{"result", "hit"}}, cache.requests.hit);
  families.add({{"result", "stale"}}, cache.requests.stale);
  families.add({{"result", "miss"}}, cache.requests.miss);
  families.add({{"result", "bypass"}}, cache.requests.bypass);
  families.begin("requests_coalesced_total",
                 "Misses that joined another request's generation.",
                 MetricType::Counter);
  families.add({}, cache.requests.coalesced);
  families.begin(
      "request_errors_total", "Misses and bypasses that ended in an error.", MetricType::Counter);
  families.add({}, cache.requests.error);
}

void add_generation(Families& families, const GenerationStats& generation) {
  using prometheus::MetricType;
  families.begin("generations_total", "Generations that ended.", MetricType::Counter);
  families.add({{"result", "ok"}}, generation.count - generation.failed);
  families.add({{"result", "failed"}}, generation.failed);
  families.begin("generations_rejected_total",
                 "Requests turned away because too many generations ran.",
                 MetricType::Counter);
  families.add({}, generation.rejected);
  families.begin("generations_running", "Generations under way.", MetricType::Gauge);
  families.add({}, generation.running);
  families.begin("generation_seconds_spent_total", "Time spent generating.", MetricType::Counter);
  families.add({}, seconds(generation.spent));
  families.begin("generation_seconds_saved_total",
                 "Generation time that answers from the cache saved.",
                 MetricType::Counter);
  families.add({}, seconds(generation.saved));
}

void add_lease(Families& families, const std::optional<LeaseStats>& lease) {
  if (!lease) return;
  constexpr auto kCounter = prometheus::MetricType::Counter;
  families.begin("generation_leases_total",
                 "Generations that were to run on one instance only, by what became of that.",
                 kCounter);
  families.add({{"result", "taken"}}, lease->taken);
  families.add({{"result", "answered"}}, lease->answered);
  families.add({{"result", "timeout"}}, lease->timeouts);
  families.add({{"result", "unavailable"}}, lease->unavailable);
  families.begin("generation_lease_waits_total",
                 "Times that another instance's generation was waited for.",
                 kCounter);
  families.add({}, lease->waits);
  families.begin(
      "generation_leases_lost_total", "Leases that ended before their generation did.", kCounter);
  families.add({}, lease->lost);
}

/// One family with a sample for each tier.
void add_tiers(Families& families,
               const std::vector<TierStats>& tiers,
               const char* name,
               const char* help,
               std::pair<prometheus::MetricType, double (*)(const TierStats&)> what) {
  families.begin(name, help, what.first);
  for (const TierStats& tier : tiers)
    families.add({{"tier", tier.name}}, what.second(tier));
}

/// `0.5` or `2`.
std::string scale_label(double scale) {
  std::string text = std::to_string(scale);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

double as_double(std::int64_t number) {
  return static_cast<double>(number);
}

double one_unless_closed(const std::string& state) {
  return state == "closed" ? 0.0 : 1.0;
}

void add_tier_gauges(Families& families, const std::vector<TierStats>& tiers) {
  constexpr auto kGauge = prometheus::MetricType::Gauge;
  add_tiers(families,
            tiers,
            "tier_available",
            "1 if the tier can be asked.",
            {kGauge, [](const TierStats& tier) {
               return tier.available ? 1.0 : 0.0;
             }});
  add_tiers(
      families, tiers, "tier_items", "Entries in the tier.", {kGauge, [](const TierStats& tier) {
                                                                return as_double(tier.items);
                                                              }});
  add_tiers(families,
            tiers,
            "tier_size_bytes",
            "Bytes that the tier takes.",
            {kGauge, [](const TierStats& tier) {
               return as_double(tier.size_bytes);
             }});
  families.begin("tier_max_size_bytes", "Bytes that the tier may take.", kGauge);
  for (const TierStats& tier : tiers) {
    if (tier.max_size_bytes) families.add({{"tier", tier.name}}, *tier.max_size_bytes);
  }
  families.begin("tier_breaker_open", "1 while the tier's circuit breaker is not closed.", kGauge);
  for (const TierStats& tier : tiers) {
    if (tier.disk) families.add({{"tier", tier.name}}, one_unless_closed(tier.disk->state));
    if (tier.remote) families.add({{"tier", tier.name}}, one_unless_closed(tier.remote->state));
  }
  families.begin("tier_latency_seconds", "Recent round trips to the tier.", kGauge);
  for (const TierStats& tier : tiers) {
    if (!tier.remote) continue;
    families.add({{"tier", tier.name}, {"quantile", "0.5"}}, tier.remote->latency_p50_ms / 1000);
    families.add({{"tier", tier.name}, {"quantile", "0.99"}}, tier.remote->latency_p99_ms / 1000);
  }
}

void add_memory_tiers(Families& families, const std::vector<TierStats>& tiers) {
  using prometheus::MetricType;
  const auto for_each_forecast = [&families, &tiers](double SizeForecast::* what) {
    for (const TierStats& tier : tiers) {
      if (!tier.memory) continue;
      for (const SizeForecast& size : tier.memory->forecast)
        families.add({{"tier", tier.name}, {"scale", scale_label(size.scale)}}, size.*what);
    }
  };
  families.begin("tier_overhead_bytes",
                 "Bytes for ghosts, sketches and forecasts, within the same limit.",
                 MetricType::Gauge);
  for (const TierStats& tier : tiers)
    if (tier.memory) families.add({{"tier", tier.name}}, tier.memory->overhead_bytes);
  families.begin("tier_policy", "1 for the eviction policy that runs.", MetricType::Gauge);
  for (const TierStats& tier : tiers)
    if (tier.memory)
      families.add({{"tier", tier.name}, {"policy", tier.memory->present_policy}}, 1.0);
  families.begin("tier_forecast_hit_ratio",
                 "Recent hit ratio if the tier had `scale` times its size.",
                 MetricType::Gauge);
  for_each_forecast(&SizeForecast::hit_ratio);
  families.begin("tier_forecast_seconds_saved",
                 "Generation seconds that it would have saved with `scale` times its size.",
                 MetricType::Gauge);
  for_each_forecast(&SizeForecast::seconds_saved);
}

/// A family with a sample for each disk tier.
void add_disk_family(Families& families,
                     const std::vector<TierStats>& tiers,
                     const char* name,
                     const char* help,
                     std::pair<prometheus::MetricType, std::int64_t DiskTierStats::*> what) {
  families.begin(name, help, what.first);
  for (const TierStats& tier : tiers)
    if (tier.disk) families.add({{"tier", tier.name}}, (*tier.disk).*what.second);
}

void add_disk_tiers(Families& families, const std::vector<TierStats>& tiers) {
  constexpr auto kGauge = prometheus::MetricType::Gauge;
  constexpr auto kCounter = prometheus::MetricType::Counter;
  families.begin("tier_write_breaker_open",
                 "1 while the circuit breaker of the tier's writes is not closed.",
                 kGauge);
  for (const TierStats& tier : tiers)
    if (tier.disk) families.add({{"tier", tier.name}}, one_unless_closed(tier.disk->write_state));
  add_disk_family(families,
                  tiers,
                  "tier_queue_entries",
                  "Entries that wait to be written.",
                  {kGauge, &DiskTierStats::queued});
  add_disk_family(families,
                  tiers,
                  "tier_queue_size_bytes",
                  "Bytes of the entries that wait to be written.",
                  {kGauge, &DiskTierStats::queued_bytes});
  add_disk_family(families,
                  tiers,
                  "tier_queue_dropped_total",
                  "Entries not written: too many waited, or writing failed.",
                  {kCounter, &DiskTierStats::dropped});
  add_disk_family(families,
                  tiers,
                  "tier_rewritten_total",
                  "Entries that were read and so outlived their segment.",
                  {kCounter, &DiskTierStats::rewritten});
  add_disk_family(
      families, tiers, "tier_segments", "Segment files.", {kGauge, &DiskTierStats::segments});
  add_disk_family(families,
                  tiers,
                  "tier_index_bytes",
                  "Memory that the tier's index takes.",
                  {kGauge, &DiskTierStats::index_bytes});
  families.begin("tier_corruptions_total", "What was found damaged, by kind.", kCounter);
  const auto add_kinds = [&families](const TierStats& tier, const auto& corruptions) {
    for (const auto& [kind, count] : corruptions)
      families.add({{"tier", tier.name}, {"kind", kind}}, count);
  };
  for (const TierStats& tier : tiers) {
    if (tier.disk) add_kinds(tier, tier.disk->corruptions);
    if (tier.remote) add_kinds(tier, tier.remote->corruptions);
  }
}

/// A family with a sample for each stay of each breaker.
void add_stays(Families& families,
               const std::vector<TierStats>& tiers,
               double (*what)(const BreakerStats::Stay&)) {
  for (const TierStats& tier : tiers) {
    for (const BreakerStats& breaker : tier.breakers) {
      for (const BreakerStats::Stay& stay : breaker.stays) {
        families.add({{"tier", tier.name}, {"breaker", breaker.name}, {"state", stay.state}},
                     what(stay));
      }
    }
  }
}

void add_breakers(Families& families, const std::vector<TierStats>& tiers) {
  using prometheus::MetricType;
  families.begin("tier_breaker_state",
                 "1 for the state that the circuit breaker is in, by what it guards.",
                 MetricType::Gauge);
  for (const TierStats& tier : tiers) {
    for (const BreakerStats& breaker : tier.breakers) {
      families.add({{"tier", tier.name}, {"breaker", breaker.name}, {"state", breaker.state}}, 1.0);
    }
  }
  families.begin("tier_breaker_changes_total",
                 "How often the circuit breaker came into a state.",
                 MetricType::Counter);
  add_stays(
      families, tiers, [](const BreakerStats::Stay& stay) { return as_double(stay.entered); });
  families.begin("tier_breaker_state_seconds_total",
                 "Time that the circuit breaker was in a state.",
                 MetricType::Counter);
  add_stays(families, tiers, [](const BreakerStats::Stay& stay) { return stay.seconds; });
}

void add_late(Families& families, const std::vector<TierStats>& tiers) {
  families.begin("tier_late_total",
                 "Operations that were not waited for to their end, and late hits among them.",
                 prometheus::MetricType::Counter);
  for (const TierStats& tier : tiers) {
    if (!tier.late) continue;
    families.add({{"tier", tier.name}, {"what", "find"}}, tier.late->finds);
    families.add({{"tier", tier.name}, {"what", "hit"}}, tier.late->hits);
    families.add({{"tier", tier.name}, {"what", "insert"}}, tier.late->inserts);
  }
}

/// A family with a sample for each remote tier.
void add_recovery_family(Families& families,
                         const std::vector<TierStats>& tiers,
                         const char* name,
                         const char* help,
                         std::pair<prometheus::MetricType, std::int64_t RecoveryStats::*> what) {
  families.begin(name, help, what.first);
  for (const TierStats& tier : tiers)
    if (tier.remote) families.add({{"tier", tier.name}}, tier.remote->recovery.*what.second);
}

void add_recovery(Families& families, const std::vector<TierStats>& tiers) {
  constexpr auto kGauge = prometheus::MetricType::Gauge;
  constexpr auto kCounter = prometheus::MetricType::Counter;
  add_recovery_family(families,
                      tiers,
                      "tier_recovery_waiting",
                      "Entries to be inserted when the tier is back.",
                      {kGauge, &RecoveryStats::waiting});
  add_recovery_family(families,
                      tiers,
                      "tier_recovery_waiting_bytes",
                      "Bytes of the entries to be inserted when the tier is back.",
                      {kGauge, &RecoveryStats::waiting_bytes});
  families.begin(
      "tier_recovery_total", "What became of the entries that waited for the tier.", kCounter);
  for (const TierStats& tier : tiers) {
    if (!tier.remote) continue;
    const RecoveryStats& recovery = tier.remote->recovery;
    families.add({{"tier", tier.name}, {"result", "replayed"}}, recovery.replayed);
    families.add({{"tier", tier.name}, {"result", "dropped"}}, recovery.dropped);
    families.add({{"tier", tier.name}, {"result", "expired"}}, recovery.expired);
  }
  add_recovery_family(families,
                      tiers,
                      "tier_recovery_erasures_waiting",
                      "Erasures to be done before the tier answers again.",
                      {kGauge, &RecoveryStats::erasures_waiting});
  add_recovery_family(families,
                      tiers,
                      "tier_recovery_erasures_total",
                      "Erasures done when the tier was back.",
                      {kCounter, &RecoveryStats::erasures_replayed});
  add_recovery_family(families,
                      tiers,
                      "tier_recovery_epochs_raised_total",
                      "How often too many erasures waited, and everything was forgotten.",
                      {kCounter, &RecoveryStats::epochs_raised});
}

void add_server_memory(Families& families, const std::vector<TierStats>& tiers) {
  families.begin("tier_server_memory_warning",
                 "1 if the server's policy for its memory is bad for a cache.",
                 prometheus::MetricType::Gauge);
  for (const TierStats& tier : tiers) {
    if (!tier.remote || !tier.remote->memory) continue;
    const ServerMemory& memory = *tier.remote->memory;
    families.add({{"tier", tier.name}, {"policy", memory.policy}},
                 memory.warning.empty() ? 0.0 : 1.0);
  }
}

/// Of tiers that hear of what others change in them.
void add_tracking(Families& families, const std::vector<TierStats>& tiers) {
  const auto for_each = [&tiers](auto add) {
    for (const TierStats& tier : tiers) {
      if (tier.remote && tier.remote->tracking)
        add(Labels{{"tier", tier.name}}, *tier.remote->tracking);
    }
  };
  families.begin(
      "tier_tracking_up", "1 if every change in the tier is told.", prometheus::MetricType::Gauge);
  for_each([&families](const Labels& labels, const TrackingStats& tracking) {
    families.add(labels, tracking.is_up ? 1.0 : 0.0);
  });
  families.begin("tier_tracking_changes_total",
                 "Changes of single entries that were told.",
                 prometheus::MetricType::Counter);
  for_each([&families](const Labels& labels, const TrackingStats& tracking) {
    families.add(labels, tracking.changes);
  });
  families.begin("tier_tracking_flushes_total",
                 "Times that everything was told to be gone.",
                 prometheus::MetricType::Counter);
  for_each([&families](const Labels& labels, const TrackingStats& tracking) {
    families.add(labels, tracking.flushes);
  });
  families.begin("tier_tracking_losses_total",
                 "Times that changes were no longer told.",
                 prometheus::MetricType::Counter);
  for_each([&families](const Labels& labels, const TrackingStats& tracking) {
    families.add(labels, tracking.losses);
  });
}

void add_tier_counters(Families& families, const std::vector<TierStats>& tiers) {
  constexpr auto kCounter = prometheus::MetricType::Counter;
  families.begin("tier_lookups_total", "Look-ups by result.", kCounter);
  for (const TierStats& tier : tiers) {
    families.add({{"tier", tier.name}, {"result", "hit"}}, tier.hits);
    families.add({{"tier", tier.name}, {"result", "miss"}}, tier.misses);
  }
  add_tiers(families,
            tiers,
            "tier_insertions_total",
            "Entries stored.",
            {kCounter, [](const TierStats& tier) {
               return as_double(tier.insertions);
             }});
  add_tiers(families,
            tiers,
            "tier_refusals_total",
            "Entries offered and not stored.",
            {kCounter, [](const TierStats& tier) {
               return as_double(tier.refusals);
             }});
  add_tiers(families,
            tiers,
            "tier_errors_total",
            "Operations that failed.",
            {kCounter, [](const TierStats& tier) {
               return as_double(tier.errors);
             }});
  families.begin("tier_removals_total", "Entries that left, by reason.", kCounter);
  for (const TierStats& tier : tiers) {
    families.add({{"tier", tier.name}, {"reason", "capacity"}}, tier.removals.capacity);
    families.add({{"tier", tier.name}, {"reason", "expired"}}, tier.removals.expired);
    families.add({{"tier", tier.name}, {"reason", "invalidated"}}, tier.removals.invalidated);
    families.add({{"tier", tier.name}, {"reason", "replaced"}}, tier.removals.replaced);
    families.add({{"tier", tier.name}, {"reason", "corrupt"}}, tier.removals.corrupt);
  }
}

}  // namespace

std::string to_prometheus(const ServiceStatus& status) {
  Families families(status.service);
  families.begin("build_info", "Always 1; the version is a label.", prometheus::MetricType::Gauge);
  families.add({{"version", status.version}}, 1.0);
  families.begin(
      "uptime_seconds", "Since the start of the process.", prometheus::MetricType::Gauge);
  families.add({}, status.uptime_seconds);
  add_requests(families, status.cache);
  add_generation(families, status.cache.generation);
  add_lease(families, status.cache.lease);
  add_tier_gauges(families, status.cache.tiers);
  add_memory_tiers(families, status.cache.tiers);
  add_disk_tiers(families, status.cache.tiers);
  add_breakers(families, status.cache.tiers);
  add_late(families, status.cache.tiers);
  add_recovery(families, status.cache.tiers);
  add_server_memory(families, status.cache.tiers);
  add_tier_counters(families, status.cache.tiers);
  add_tracking(families, status.cache.tiers);
  return families.text();
}

}  // namespace refrain
