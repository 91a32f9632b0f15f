#include "refrain/redis/client/cluster_state.h"

#include "refrain/redis/client/cluster_slot.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace refrain {

namespace {

// Of each shard a slot that it keeps. `preferred` ones come first, in their order, so that what was
// chosen once stays while it is right; then the last, since slots are given away from the first on.
std::vector<std::optional<std::uint16_t>> slots_of(const ClusterTopology& topology,
                                                   const std::vector<std::uint16_t>& preferred) {
  std::vector<std::optional<std::uint16_t>> slots(topology.shards().size());
  const auto offer = [&](std::uint16_t slot) {
    const std::optional<std::size_t> shard = topology.shard_of(slot);
    if (shard && !slots[*shard]) slots[*shard] = slot;
  };
  for (const std::uint16_t slot : preferred)
    offer(slot);
  for (std::size_t slot = kClusterSlots; slot > 0; --slot)
    offer(static_cast<std::uint16_t>(slot - 1));
  return slots;
}

}  // namespace

ClusterState::ClusterState(std::chrono::milliseconds refresh_distance, std::uint16_t greeting_slot)
    : refresh_distance_(refresh_distance),
      greeting_slot_(greeting_slot),
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
  replace(topology_->moved(slot, master));
}

void ClusterState::note_asked(const RedisAddress& node, SteadyTime now) {
  const MutexLock lock(mutex_);
  const bool is_new = asked_.insert_or_assign(node, now).second;
  if (!is_new) return;
  sources_.prepare(sources_of(*topology_));
  sources_.finish();
}

void ClusterState::watch_sources(RedisSourceListener* listener) {
  const MutexLock lock(mutex_);
  sources_.watch(listener);
}

void ClusterState::replace(ClusterTopology topology) {
  topology.identify(ids_);
  sources_.prepare(sources_of(topology));
  if (topology != *topology_) {
    topology_ = std::make_shared<const ClusterTopology>(std::move(topology));
    version_.fetch_add(1, std::memory_order_release);
  }
  sources_.finish();
}

std::vector<RedisSource> ClusterState::sources_of(const ClusterTopology& topology) const {
  std::vector<std::uint16_t> preferred{greeting_slot_};
  for (const RedisSource& source : sources_.current())
    if (source.kind == RedisSource::Kind::kShard) preferred.push_back(source.slot);
  const std::vector<std::optional<std::uint16_t>> slots = slots_of(topology, preferred);
  std::map<RedisAddress, RedisSource> sources;
  for (const auto& [node, when] : asked_) {
    RedisSource& importer = sources[node];
    importer.kind = RedisSource::Kind::kImporter;
    importer.address = node;
    importer.keeps_greeting = false;
  }
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (!slots[i]) continue;
    const RedisAddress& master = topology.shards()[i].master;
    RedisSource& shard = sources[master];
    shard.kind = RedisSource::Kind::kShard;
    shard.address = master;
    shard.slot = *slots[i];
    shard.keeps_greeting = *slots[i] == greeting_slot_;
  }
  std::vector<RedisSource> all;
  all.reserve(sources.size());
  for (auto& [address, source] : sources)
    all.push_back(std::move(source));
  return all;
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
  std::erase_if(asked_, [now](const auto& node) { return node.second + kSpareTime < now; });
  replace(std::move(*found));
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
