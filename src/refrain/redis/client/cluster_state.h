#pragma once

/// @file
/// What the event loops of a process know of a cluster together.

#include "refrain/core/clock.h"
#include "refrain/core/mutex.h"
#include "refrain/redis/client/announced_sources.h"
#include "refrain/redis/client/cluster_redirection.h"
#include "refrain/redis/client/cluster_topology.h"
#include "refrain/redis/client/redis_address.h"
#include "refrain/redis/client/redis_source.h"
#include "refrain/redis/client/redis_source_listener.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace refrain {

/// The cluster's topology, and who may ask for a newer one: one loop at a time, and not too often.
///
/// Commands are sent to the masters of the topology, and to nodes that others have named by ASK of
/// late. Who watches these sources hears of another one before anybody can learn of it here.
///
/// Thread safety: any. A topology is never changed, only replaced, so what was taken stays good.
/// Ownership: the listener outlives its watch.
class ClusterState {
public:
  /// How often nodes have sent commands elsewhere, by what they said.
  struct Counts {
    std::int64_t moved = 0;
    std::int64_t asked = 0;
    std::int64_t tried_again = 0;
    std::int64_t down = 0;
  };

  /// How long a node is kept that is not in the topology and was not asked again. During a
  /// migration it may be asked again and again.
  static constexpr std::chrono::seconds kSpareTime{60};

  /// At least `refresh_distance` lies between two questions. @pre `greeting_slot < kClusterSlots`.
  ClusterState(std::chrono::milliseconds refresh_distance, std::uint16_t greeting_slot);

  /// Rises whenever the topology is replaced.
  [[nodiscard]] std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
  /// Never null; empty until a first one was found. Its shards have ids: a master is never given
  /// that of another one, and keeps its own however slots are moved.
  [[nodiscard]] std::shared_ptr<const ClusterTopology> topology() const;

  /// A node said that `slot` is at `master`.
  void note_moved(std::uint16_t slot, const RedisAddress& master);
  /// A node said that a command is for `node` this once. To be called before it is sent there.
  void note_asked(const RedisAddress& node, SteadyTime now);

  /// See `RedisClient::watch_sources`.
  void watch_sources(RedisSourceListener* listener);

  /// Whether the caller is to ask for the topology now; if so it calls `end_refresh` afterwards.
  [[nodiscard]] bool begin_refresh(SteadyTime now);
  /// What was found; nothing if no node answered.
  void end_refresh(std::optional<ClusterTopology> found, SteadyTime now);

  void count(ClusterRedirection::Kind kind);
  [[nodiscard]] Counts counts() const;

  /// When the topology was last asked for and found; nothing before the first time.
  [[nodiscard]] std::optional<SteadyTime> refreshed() const;

private:
  void replace(ClusterTopology topology) REFRAIN_REQUIRES(mutex_);
  [[nodiscard]] std::vector<RedisSource> sources_of(const ClusterTopology& topology) const
      REFRAIN_REQUIRES(mutex_);

  const std::chrono::milliseconds refresh_distance_;
  const std::uint16_t greeting_slot_;
  std::atomic<std::uint64_t> version_{0};
  mutable Mutex mutex_;
  std::shared_ptr<const ClusterTopology> topology_ REFRAIN_GUARDED_BY(mutex_);
  std::map<RedisAddress, std::size_t> ids_ REFRAIN_GUARDED_BY(mutex_);   // of all masters ever seen
  std::map<RedisAddress, SteadyTime> asked_ REFRAIN_GUARDED_BY(mutex_);  // when last
  AnnouncedSources sources_ REFRAIN_GUARDED_BY(mutex_);
  std::optional<SteadyTime> begun_ REFRAIN_GUARDED_BY(mutex_);
  std::optional<SteadyTime> refreshed_ REFRAIN_GUARDED_BY(mutex_);
  Counts counts_ REFRAIN_GUARDED_BY(mutex_);
  bool is_refreshing_ REFRAIN_GUARDED_BY(mutex_) = false;
};

}  // namespace refrain
