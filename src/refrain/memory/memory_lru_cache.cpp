#include "refrain/memory/memory_lru_cache.h"

#include "refrain/cache/residency.h"
#include "refrain/core/mutex.h"

#include <boost/container/small_vector.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <bit>
#include <limits>
#include <stdexcept>
#include <utility>

namespace refrain {

namespace {

// A second shard is only worth its inexactness where contention is likely and nobody counts items
// by hand. 4096 items a shard keep a share's random excess over the mean below 5 % (three standard
// deviations); 16 MiB a shard leave room for any answer that the services make. Sixteen shards are
// twice the threads of a large instance's event loops.
constexpr std::size_t kMinItemsPerShard = 4096;
constexpr std::size_t kMinBytesPerShard = std::size_t{16} << 20;
constexpr std::size_t kMaxShards = 16;

// A section of a sweep under one lock: 8 KiB of nodes, about a microsecond when nothing has
// expired.
constexpr std::size_t kSweepNodesPerLock = 256;

// What leaves a shard waits here until the lock is released. An insert usually evicts one.
using Removed = boost::container::small_vector<Entry, 4>;

std::size_t shard_count_for(std::size_t max_items, std::size_t max_bytes) {
  const std::size_t worthwhile =
      std::min(max_items / kMinItemsPerShard, max_bytes / kMinBytesPerShard);
  return std::bit_floor(std::clamp(worthwhile, std::size_t{1}, kMaxShards));
}

// The part of `total` that shard `index` of `count` has: the parts differ by one at most and add
// up.
std::size_t share_of(std::size_t total, std::size_t index, std::size_t count) {
  return total / count + (index < total % count ? 1 : 0);
}

void require(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}

}  // namespace

/// One part of the cache: a slab of nodes, the recency list through them, and the index of them.
///
/// Node 0 is the list's anchor: its `next` is the most recently used node, its `previous` the
/// least. With an anchor no end of the list is a special case; and 0 can mean "none" in the list of
/// free nodes.
class alignas(64) MemoryLruCache::Shard {
public:
  Shard(std::size_t max_items, std::size_t max_bytes, std::chrono::seconds ttl)
      : max_items_(max_items),
        max_bytes_(max_bytes),
        ttl_(ttl),
        nodes_(1) {}

  std::optional<Entry> find(const CacheKey& key, WallTime now);
  InsertOutcome insert(Entry entry, WallTime now);
  bool erase(const CacheKey& key);
  void clear();
  struct SweepStep {
    std::size_t looked_at;
    bool has_come_round;  ///< The next step begins at the slab's first node again.
  };
  /// Looks at the next nodes, and appends what left to `removed`, which has room for `max_nodes`.
  SweepStep sweep(WallTime now, std::size_t max_nodes, std::vector<Entry>& removed);
  void add_to(TierStats& stats) const;
  void check_invariants() const;

private:
  using NodeIndex = std::uint32_t;
  static constexpr NodeIndex kAnchor = 0;
  static constexpr std::size_t kFirstNode = 1;

  struct Node {
    std::optional<Entry> entry;  // nothing: the anchor or a free node
    WallTime resident_until;
    NodeIndex previous = kAnchor;
    NodeIndex next = kAnchor;  // of a free node: the next free one
  };
  static_assert(sizeof(Node) == 32, "kItemOverhead counts on it");

  using Index = boost::unordered_flat_map<CacheKey, NodeIndex, CacheKeyHash>;

  static std::size_t charge_of(const Entry& entry) { return entry.charge() + kItemOverhead; }

  void link_first(NodeIndex index) REFRAIN_REQUIRES(mutex_);
  void unlink(NodeIndex index) REFRAIN_REQUIRES(mutex_);
  void provide_free_node() REFRAIN_REQUIRES(mutex_);
  Entry remove(Index::iterator position) REFRAIN_REQUIRES(mutex_);
  void store(Entry entry, WallTime until, Removed& removed) REFRAIN_REQUIRES(mutex_);
  void evict(Removed& removed) REFRAIN_REQUIRES(mutex_);
  void check_list() const REFRAIN_REQUIRES(mutex_);
  void check_free_nodes() const REFRAIN_REQUIRES(mutex_);

  const std::size_t max_items_;
  const std::size_t max_bytes_;
  const std::chrono::seconds ttl_;

  mutable Mutex mutex_;
  Index index_ REFRAIN_GUARDED_BY(mutex_);
  std::vector<Node> nodes_ REFRAIN_GUARDED_BY(mutex_);
  NodeIndex first_free_ REFRAIN_GUARDED_BY(mutex_) = kAnchor;
  std::size_t sweep_cursor_ REFRAIN_GUARDED_BY(mutex_) = kFirstNode;
  std::size_t bytes_ REFRAIN_GUARDED_BY(mutex_) = 0;
  std::int64_t hits_ REFRAIN_GUARDED_BY(mutex_) = 0;
  std::int64_t misses_ REFRAIN_GUARDED_BY(mutex_) = 0;
  std::int64_t insertions_ REFRAIN_GUARDED_BY(mutex_) = 0;
  std::int64_t refusals_ REFRAIN_GUARDED_BY(mutex_) = 0;
  Removals removals_ REFRAIN_GUARDED_BY(mutex_);
};

std::optional<Entry> MemoryLruCache::Shard::find(const CacheKey& key, WallTime now) {
  std::optional<Entry> removed;
  const MutexLock lock(mutex_);
  const auto position = index_.find(key);
  if (position == index_.end()) {
    ++misses_;
    return std::nullopt;
  }
  const NodeIndex index = position->second;
  Node& node = nodes_[index];
  if (now >= node.resident_until) {
    ++misses_;
    ++removals_.expired;
    removed = remove(position);
    return std::nullopt;
  }
  // The entry's line is on its way while the list is mended.
  __builtin_prefetch(&node.entry->metadata(), 1);
  ++hits_;
  if (nodes_[kAnchor].next != index) {
    unlink(index);
    link_first(index);
  }
  return node.entry;
}

InsertOutcome MemoryLruCache::Shard::insert(Entry entry, WallTime now) {
  const WallTime usable_until = entry.metadata().usable_until;
  // The second bound holds also for an entry that claims to be fresh for longer than it is usable.
  const WallTime until = std::min(resident_until(entry.metadata(), now, ttl_), usable_until);
  const bool fits = max_items_ > 0 && charge_of(entry) <= max_bytes_;
  Removed removed;
  const MutexLock lock(mutex_);
  if (until <= now) {
    ++refusals_;
    return InsertOutcome::kRefused;
  }
  if (!fits) {
    ++refusals_;
    if (const auto older = index_.find(entry.key()); older != index_.end()) {
      ++removals_.replaced;
      removed.push_back(remove(older));
    }
    return InsertOutcome::kRefused;
  }
  store(std::move(entry), until, removed);
  evict(removed);
  return InsertOutcome::kStored;
}

void MemoryLruCache::Shard::store(Entry entry, WallTime until, Removed& removed) {
  // What may throw comes first, so that a failed allocation leaves the shard as it was.
  provide_free_node();
  const auto [position, is_new] = index_.try_emplace(entry.key(), first_free_);
  const NodeIndex index = position->second;
  Node& node = nodes_[index];
  ++insertions_;
  bytes_ += charge_of(entry);
  if (is_new) {
    first_free_ = node.next;
  } else {
    ++removals_.replaced;
    bytes_ -= charge_of(*node.entry);
    removed.push_back(std::move(*node.entry));
    unlink(index);
  }
  node.entry = std::move(entry);
  node.resident_until = until;
  link_first(index);
}

void MemoryLruCache::Shard::evict(Removed& removed) {
  // The newest entry fits alone, so it is never the one to go.
  while (index_.size() > max_items_ || bytes_ > max_bytes_) {
    const Node& oldest = nodes_[nodes_[kAnchor].previous];
    ++removals_.capacity;
    removed.push_back(remove(index_.find(oldest.entry->key())));
  }
}

bool MemoryLruCache::Shard::erase(const CacheKey& key) {
  std::optional<Entry> removed;
  const MutexLock lock(mutex_);
  const auto position = index_.find(key);
  if (position == index_.end()) return false;
  ++removals_.invalidated;
  removed = remove(position);
  return true;
}

void MemoryLruCache::Shard::clear() {
  std::vector<Node> nodes(1);
  Index index;
  const MutexLock lock(mutex_);
  removals_.invalidated += static_cast<std::int64_t>(index_.size());
  nodes_.swap(nodes);
  index_.swap(index);
  first_free_ = kAnchor;
  sweep_cursor_ = kFirstNode;
  bytes_ = 0;
}

MemoryLruCache::Shard::SweepStep MemoryLruCache::Shard::sweep(WallTime now,
                                                              std::size_t max_nodes,
                                                              std::vector<Entry>& removed) {
  const MutexLock lock(mutex_);
  const std::size_t begin = sweep_cursor_;
  const std::size_t end = std::min(begin + max_nodes, nodes_.size());
  for (std::size_t i = begin; i < end; ++i) {
    const Node& node = nodes_[i];
    if (!node.entry || now < node.resident_until) continue;
    ++removals_.expired;
    removed.push_back(remove(index_.find(node.entry->key())));
  }
  const bool has_come_round = end == nodes_.size();
  sweep_cursor_ = has_come_round ? kFirstNode : end;
  return {end - begin, has_come_round};
}

Entry MemoryLruCache::Shard::remove(Index::iterator position) {
  const NodeIndex index = position->second;
  index_.erase(position);
  unlink(index);
  Node& node = nodes_[index];
  Entry entry = std::move(*node.entry);
  node.entry.reset();
  bytes_ -= charge_of(entry);
  node.next = std::exchange(first_free_, index);
  return entry;
}

void MemoryLruCache::Shard::provide_free_node() {
  if (first_free_ != kAnchor) return;
  nodes_.emplace_back();
  first_free_ = static_cast<NodeIndex>(nodes_.size() - 1);
}

void MemoryLruCache::Shard::link_first(NodeIndex index) {
  Node& node = nodes_[index];
  Node& anchor = nodes_[kAnchor];
  node.previous = kAnchor;
  node.next = anchor.next;
  nodes_[anchor.next].previous = index;
  anchor.next = index;
}

void MemoryLruCache::Shard::unlink(NodeIndex index) {
  const Node& node = nodes_[index];
  nodes_[node.previous].next = node.next;
  nodes_[node.next].previous = node.previous;
}

void MemoryLruCache::Shard::add_to(TierStats& stats) const {
  const MutexLock lock(mutex_);
  stats.items += static_cast<std::int64_t>(index_.size());
  stats.size_bytes += static_cast<std::int64_t>(bytes_);
  stats.hits += hits_;
  stats.misses += misses_;
  stats.insertions += insertions_;
  stats.refusals += refusals_;
  stats.removals.capacity += removals_.capacity;
  stats.removals.expired += removals_.expired;
  stats.removals.invalidated += removals_.invalidated;
  stats.removals.replaced += removals_.replaced;
}

void MemoryLruCache::Shard::check_list() const {
  std::size_t items = 0;
  std::size_t bytes = 0;
  NodeIndex previous = kAnchor;
  for (NodeIndex i = nodes_[kAnchor].next; i != kAnchor; previous = i, i = nodes_[i].next) {
    const Node& node = nodes_.at(i);
    require(++items < nodes_.size(), "the recency list does not end");
    require(node.previous == previous, "the recency list is not linked both ways");
    require(node.entry.has_value(), "a node without an entry is in the recency list");
    const auto position = index_.find(node.entry->key());
    require(position != index_.end() && position->second == i, "an entry is not in the index");
    bytes += charge_of(*node.entry);
  }
  require(nodes_[kAnchor].previous == previous, "the recency list does not end at its anchor");
  require(items == index_.size(), "the index holds more than the recency list");
  require(bytes == bytes_, "the bytes are not the sum of the charges");
}

void MemoryLruCache::Shard::check_free_nodes() const {
  std::size_t free = 0;
  for (NodeIndex i = first_free_; i != kAnchor; i = nodes_[i].next) {
    require(++free < nodes_.size(), "the list of free nodes does not end");
    require(!nodes_.at(i).entry.has_value(), "a free node has an entry");
  }
  require(1 + index_.size() + free == nodes_.size(), "a node is neither used nor free");
}

void MemoryLruCache::Shard::check_invariants() const {
  const MutexLock lock(mutex_);
  check_list();
  check_free_nodes();
  const auto items = static_cast<std::int64_t>(index_.size());
  require(index_.size() <= max_items_, "more items than allowed");
  require(bytes_ <= max_bytes_, "more bytes than allowed");
  require(insertions_ - removals_.total() == items, "insertions less removals are not the items");
}

MemoryLruCache::MemoryLruCache(const Config& config) : config_(config) {
  // Nodes have 32-bit numbers, one of which is the anchor's and one is for the entry being
  // inserted.
  const std::size_t most_items = std::numeric_limits<std::uint32_t>::max() - 1;
  const auto most_bytes = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());
  config_.max_items = std::min(config.max_items, most_items);
  config_.max_size_bytes = std::min(config.max_size_bytes, most_bytes);

  const std::size_t count = shard_count_for(config_.max_items, config_.max_size_bytes);
  shard_mask_ = count - 1;
  shards_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    shards_.push_back(std::make_unique<Shard>(share_of(config_.max_items, i, count),
                                              share_of(config_.max_size_bytes, i, count),
                                              config_.ttl));
  }
}

MemoryLruCache::~MemoryLruCache() = default;

MemoryLruCache::Shard& MemoryLruCache::shard_for(const CacheKey& key) const {
  // Neither the highest bits nor the lowest eight, which the shard's index sorts by: all keys of a
  // shard would have them in common.
  return *shards_[(key.hash() >> 8) & shard_mask_];
}

std::optional<Entry> MemoryLruCache::find(const CacheKey& key, WallTime now) {
  return shard_for(key).find(key, now);
}

InsertOutcome MemoryLruCache::insert(Entry entry, WallTime now) {
  Shard& shard = shard_for(entry.key());
  return shard.insert(std::move(entry), now);
}

bool MemoryLruCache::erase(const CacheKey& key) {
  return shard_for(key).erase(key);
}

void MemoryLruCache::clear() {
  for (const auto& shard : shards_)
    shard->clear();
}

std::size_t MemoryLruCache::sweep(WallTime now, std::size_t max_nodes) {
  std::vector<Entry> removed;
  removed.reserve(kSweepNodesPerLock);
  std::size_t removed_count = 0;
  std::size_t shard = sweep_shard_.load(std::memory_order_relaxed);
  // One round more than there are shards: the first begins where the last sweep ended.
  for (std::size_t rounds = 0; max_nodes > 0 && rounds <= shards_.size();) {
    const auto step = shards_[shard]->sweep(now, std::min(max_nodes, kSweepNodesPerLock), removed);
    max_nodes -= step.looked_at;
    removed_count += removed.size();
    removed.clear();
    if (!step.has_come_round) continue;
    ++rounds;
    shard = (shard + 1) % shards_.size();
  }
  sweep_shard_.store(shard, std::memory_order_relaxed);
  return removed_count;
}

TierStats MemoryLruCache::stats() const {
  TierStats stats;
  stats.max_items = static_cast<std::int64_t>(config_.max_items);
  stats.max_size_bytes = static_cast<std::int64_t>(config_.max_size_bytes);
  stats.ttl = config_.ttl;
  for (const auto& shard : shards_)
    shard->add_to(stats);
  return stats;
}

void MemoryLruCache::check_invariants() const {
  for (const auto& shard : shards_)
    shard->check_invariants();
}

}  // namespace refrain
