#pragma once

/// @file
/// Which record of which segment holds a key: the store's table, in memory.

#include "refrain/cache/cache_key.h"
#include "refrain/core/clock.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace refrain {

/// Where an entry's record lies.
struct RecordLocation {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;
  std::uint32_t body_size = 0;
  std::uint8_t content_type_size = 0;

  friend bool operator==(const RecordLocation&, const RecordLocation&) = default;
};

/// What the index knows of an entry.
struct IndexedEntry {
  RecordLocation location;
  WallTime resident_until;  ///< When the store drops it.
};

/// A map from keys to records that can also forget a whole segment and walk in the order of
/// writing.
///
/// Sans-I/O. Thread safety: none; the store guards it.
/// Invariants: a key is in the map if and only if exactly one slot of one segment is its live slot.
class DiskIndex {
public:
  [[nodiscard]] std::optional<IndexedEntry> find(const CacheKey& key) const;

  /// Returns whether the key was there before.
  /// @pre entries of one segment come in the order of their offsets.
  bool insert(const CacheKey& key, const IndexedEntry& entry);

  /// Returns whether the key was there.
  bool erase(const CacheKey& key);
  /// The same, but only if the key is still at `location`.
  bool erase_at(const CacheKey& key, const RecordLocation& location);

  /// Forgets a segment and returns how many entries went with it.
  std::size_t drop_segment(std::uint64_t segment);
  /// Forgets everything and returns how many entries that were.
  std::size_t clear();

  /// Looks at up to `limit` records, going on where the last call ended, and forgets the entries
  /// that are over at `now`. Returns how many.
  std::size_t expire(WallTime now, std::size_t limit);

  [[nodiscard]] std::size_t size() const { return live_.size(); }
  /// Entries whose record lies in `segment`.
  [[nodiscard]] std::size_t live_in(std::uint64_t segment) const;
  /// Up to `limit` entries, oldest record first.
  [[nodiscard]] std::vector<std::pair<CacheKey, IndexedEntry>> entries(std::size_t limit) const;

private:
  struct Slot {
    CacheKey key;
    IndexedEntry entry;
    bool is_live = true;
  };
  struct Segment {
    std::vector<Slot> slots;
    std::size_t live = 0;
  };
  struct SlotRef {
    std::uint64_t segment = 0;
    std::size_t slot = 0;
  };

  void retire(const SlotRef& ref);

  boost::unordered_flat_map<CacheKey, SlotRef, CacheKeyHash> live_;
  std::map<std::uint64_t, Segment> segments_;
  SlotRef cursor_;  // where `expire` goes on
};

}  // namespace refrain
