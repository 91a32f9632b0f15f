#include "refrain/redis/client/cluster_state.h"

#include <cstddef>
#include <utility>

namespace refrain {

ClusterState::ClusterState(std::chrono::milliseconds refresh_distance)
    : refresh_distance_(refresh_distance),
      topology_(std::make_shared<const ClusterTopology>()) {}

std::shared_ptr<const ClusterTopology> ClusterState::topology() const {
  const MutexLock lock(mutex_);
  return topology_;
}

void ClusterState::note_moved(std::uint16_t slot, const RedisAddress& master) {
  const MutexLock lock(mutex_);
  const std::optional<std::size_t> shard = topology_->shard_of(slot);
  // Many commands are told of the same move.
  if (shard && topology_->shards()[*shard].master == master) return;
  ClusterTopology moved = topology_->moved(slot, master);
  moved.identify(ids_);
  topology_ = std::make_shared<const ClusterTopology>(std::move(moved));
  version_.fetch_add(1, std::memory_order_release);
}

bool ClusterState::begin_refresh(SteadyTime now) {
  const MutexLock lock(mutex_);
  if (is_refreshing_ || (begun_ && now < *begun_ + refresh_distance_)) return false;
  is_refreshing_ = true;
  begun_ = now;
  return true;
}

void ClusterState::end_refresh(std::optional<ClusterTopology> found, SteadyTime now) {
  const MutexLock lock(mutex_);
  is_refreshing_ = false;
  if (!found) return;
  refreshed_ = now;
  found->identify(ids_);
  if (*found == *topology_) return;
  topology_ = std::make_shared<const ClusterTopology>(std::move(*found));
  version_.fetch_add(1, std::memory_order_release);
}

void ClusterState::count(ClusterRedirection::Kind kind) {
  const MutexLock lock(mutex_);
  switch (kind) {
    case ClusterRedirection::Kind::kMoved:
      ++counts_.moved;
      break;
    case ClusterRedirection::Kind::kAsk:
      ++counts_.asked;
      break;
    case ClusterRedirection::Kind::kTryAgain:
      ++counts_.tried_again;
      break;
    case ClusterRedirection::Kind::kDown:
      ++counts_.down;
      break;
  }
}

ClusterState::Counts ClusterState::counts() const {
  const MutexLock lock(mutex_);
  return counts_;
}

std::optional<SteadyTime> ClusterState::refreshed() const {
  const MutexLock lock(mutex_);
  return refreshed_;
}

}  // namespace refrain
