#include "refrain/disk/disk_index.h"

#include <algorithm>

namespace refrain {

std::optional<IndexedEntry> DiskIndex::find(const CacheKey& key) const {
  const auto found = live_.find(key);
  if (found == live_.end()) return std::nullopt;
  return segments_.at(found->second.segment).slots[found->second.slot].entry;
}

bool DiskIndex::insert(const CacheKey& key, const IndexedEntry& entry) {
  const bool was_there = erase(key);
  Segment& segment = segments_[entry.location.segment];
  live_.emplace(key, SlotRef{entry.location.segment, segment.slots.size()});
  segment.slots.push_back({key, entry});
  ++segment.live;
  return was_there;
}

void DiskIndex::retire(const SlotRef& ref) {
  Segment& segment = segments_.at(ref.segment);
  segment.slots[ref.slot].is_live = false;
  --segment.live;
}

bool DiskIndex::erase(const CacheKey& key) {
  const auto found = live_.find(key);
  if (found == live_.end()) return false;
  retire(found->second);
  live_.erase(found);
  return true;
}

bool DiskIndex::erase_at(const CacheKey& key, const RecordLocation& location) {
  const std::optional<IndexedEntry> entry = find(key);
  return entry && entry->location == location && erase(key);
}

std::size_t DiskIndex::drop_segment(std::uint64_t segment) {
  const auto found = segments_.find(segment);
  if (found == segments_.end()) return 0;
  for (const Slot& slot : found->second.slots) {
    if (slot.is_live) live_.erase(slot.key);
  }
  const std::size_t dropped = found->second.live;
  segments_.erase(found);
  return dropped;
}

std::size_t DiskIndex::clear() {
  const std::size_t dropped = live_.size();
  live_.clear();
  segments_.clear();
  return dropped;
}

std::size_t DiskIndex::expire(WallTime now, std::size_t limit) {
  std::size_t expired = 0;
  auto segment = segments_.lower_bound(cursor_.segment);
  if (segment != segments_.end() && segment->first != cursor_.segment) cursor_.slot = 0;
  while (segment != segments_.end()) {
    std::vector<Slot>& slots = segment->second.slots;
    for (; cursor_.slot < slots.size(); ++cursor_.slot) {
      if (limit == 0) {
        cursor_.segment = segment->first;
        return expired;
      }
      --limit;
      const Slot& slot = slots[cursor_.slot];
      if (slot.is_live && slot.entry.resident_until <= now && erase(slot.key)) ++expired;
    }
    ++segment;
    cursor_.slot = 0;
  }
  cursor_ = SlotRef{};
  return expired;
}

std::size_t DiskIndex::live_in(std::uint64_t segment) const {
  const auto found = segments_.find(segment);
  return found == segments_.end() ? 0 : found->second.live;
}

std::vector<std::pair<CacheKey, IndexedEntry>> DiskIndex::entries(std::size_t limit) const {
  std::vector<std::pair<CacheKey, IndexedEntry>> found;
  found.reserve(std::min(limit, live_.size()));
  for (const auto& [id, segment] : segments_) {
    for (const Slot& slot : segment.slots) {
      if (found.size() == limit) return found;
      if (slot.is_live) found.emplace_back(slot.key, slot.entry);
    }
  }
  return found;
}

}  // namespace refrain
