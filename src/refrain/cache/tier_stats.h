#pragma once

/// @file
/// What a tier counts, the same for every kind of tier.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace refrain {

/// Entries that left a tier, by cause.
struct Removals {
  std::int64_t capacity = 0;     ///< The tier's choice: it was full.
  std::int64_t expired = 0;      ///< The clock's choice.
  std::int64_t invalidated = 0;  ///< Somebody's choice: erase or clear.
  std::int64_t replaced = 0;     ///< A newer entry took the key.
  std::int64_t corrupt = 0;      ///< The bytes were no longer what was written.

  [[nodiscard]] std::int64_t total() const {
    return capacity + expired + invalidated + replaced + corrupt;
  }
};

/// How a tier hears of what others change in it.
struct TrackingStats {
  bool is_up = false;        ///< Every change is told.
  std::int64_t changes = 0;  ///< Of single keys, this process's own writes among them.
  std::int64_t flushes = 0;  ///< Of everything at once.
  std::int64_t losses = 0;   ///< Times that changes were no longer told.
};

/// What a circuit breaker of a tier has been through. See `CircuitBreaker`.
struct BreakerStats {
  struct Stay {
    std::string state;         ///< `closed`, `open` or `half-open`.
    std::int64_t entered = 0;  ///< How often the breaker came into it.
    double seconds = 0;        ///< In it, the present stay included.
  };

  std::string name;   ///< What it guards: `reads`, `writes`, or a shard, which keeps its name.
  std::string state;  ///< The present one.
  std::vector<Stay> stays;
};

/// What came too late for those who had asked a tier with a soft budget. See `Tier::soft_budget`.
struct LateStats {
  std::int64_t finds = 0;    ///< Look-ups that were not waited for.
  std::int64_t hits = 0;     ///< Of these, how many found an entry after all.
  std::int64_t inserts = 0;  ///< Insertions that were not waited for.
};

/// What a tier could not be told while it was away, and what became of it.
struct RecoveryStats {
  std::int64_t waiting = 0;  ///< Entries to be inserted when it is back.
  std::int64_t waiting_bytes = 0;
  std::int64_t replayed = 0;  ///< Entries that were inserted afterwards.
  /// Entries given up: too many waited, they were refused, or there was one under their key.
  std::int64_t dropped = 0;
  std::int64_t expired = 0;           ///< Entries that were over before it was back.
  std::int64_t erasures_waiting = 0;  ///< Erasures to be done before it answers again.
  std::int64_t erasures_replayed = 0;
  std::int64_t epochs_raised = 0;  ///< How often too many erasures waited, and all was forgotten.
};

/// How a server bounds its memory, as it says itself.
struct ServerMemory {
  std::int64_t used_bytes = 0;
  std::int64_t max_bytes = 0;  ///< 0: no bound.
  std::string policy;          ///< What it gives up when it is full: `allkeys-lru`, `noeviction`, …
  std::string warning;         ///< Why that is bad for a cache; empty if it is not.
};

/// One of the servers that share a tier's keys.
struct ShardStats {
  std::string address;        ///< Of the one that is written to; empty if it is not known.
  bool is_available = false;  ///< Whether it is asked at present.
  std::int64_t slots = 0;     ///< Of a cluster: how many of its slots are there.
};

/// What only a tier on the other side of a network has.
struct RemoteTierStats {
  std::string state;               ///< Of the worst breaker: `closed`, `half-open` or `open`.
  std::string mode;                ///< `standalone`, `sentinel` or `cluster`.
  std::vector<ShardStats> shards;  ///< In the modes `sentinel` and `cluster`.
  double latency_p50_ms = 0;
  double latency_p99_ms = 0;
  std::optional<TrackingStats> tracking;  ///< If it is to hear of changes at all.
  /// Values that were no entry of ours: a kind's name and how often.
  std::vector<std::pair<std::string, std::int64_t>> corruptions;
  RecoveryStats recovery;
  std::optional<ServerMemory> memory;  ///< Nothing until the server has said so.
};

/// What the same requests would have met in a tier of another size.
struct SizeForecast {
  double scale = 1;          ///< Times its size.
  double hit_ratio = 0;      ///< Of late: older requests count less and less.
  double seconds_saved = 0;  ///< Of generation, since the tier was made.
};

/// What only a tier in memory has.
struct MemoryTierStats {
  std::string policy;                  ///< What is given up first: the configured policy's name.
  std::string present_policy;          ///< The one that runs; another if `policy` is `adaptive`.
  std::int64_t overhead_bytes = 0;     ///< Besides `size_bytes`, and within the same limit.
  std::vector<SizeForecast> forecast;  ///< By scale; empty if there is none.
};

/// What only a tier on disk has.
struct DiskTierStats {
  std::string state;        ///< The circuit breaker of reads: `closed`, `open` or `half-open`.
  std::string write_state;  ///< That of writes: while it is open, reads go on.
  std::int64_t queued = 0;  ///< Entries that wait to be written; they are found meanwhile.
  std::int64_t queued_bytes = 0;
  std::int64_t dropped = 0;    ///< Entries not written: too many waited, or writing failed.
  std::int64_t rewritten = 0;  ///< Entries that were read and so outlived their segment.
  std::int64_t segments = 0;
  std::int64_t index_bytes = 0;  ///< Of memory.
  /// What was found damaged: a kind's name and how often.
  std::vector<std::pair<std::string, std::int64_t>> corruptions;
};

/// A tier's counters since it was made. Each is exact; the set is not one instant's snapshot.
///
/// Invariants once the tier is at rest: every look-up is one hit or one miss (a failed one is a
/// miss and an error); `insertions - removals.total() == items`.
struct TierStats {
  std::string name;
  bool available = true;
  std::int64_t items = 0;  ///< A remote tier counts what this process wrote and has not seen leave.
  std::optional<std::int64_t> max_items;
  std::int64_t size_bytes = 0;
  std::optional<std::int64_t> max_size_bytes;
  std::chrono::seconds ttl{};
  std::int64_t hits = 0;
  std::int64_t misses = 0;
  std::int64_t insertions = 0;
  std::int64_t refusals = 0;  ///< Entries that were offered and not stored: too large, or expired.
  std::int64_t errors = 0;
  Removals removals;
  std::vector<BreakerStats> breakers;     ///< None for a tier that cannot fail.
  std::optional<LateStats> late;          ///< Tiers with a soft budget.
  std::optional<MemoryTierStats> memory;  ///< Memory tiers.
  std::optional<std::string> directory;   ///< Disk tiers.
  std::optional<DiskTierStats> disk;      ///< Disk tiers.
  std::optional<RemoteTierStats> remote;  ///< Redis tiers.
};

}  // namespace refrain
