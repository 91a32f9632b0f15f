#pragma once

/// @file
/// Which record of which segment holds a key: the store's table, in memory.

#include "refrain/cache/cache_key.h"
#include "refrain/core/clock.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace refrain {

/// Where an entry's record lies.
struct RecordLocation {
  std::uint32_t segment = 0;
  std::uint32_t offset = 0;
  std::uint32_t payload_size = 0;  ///< Content type and body.

  friend bool operator==(const RecordLocation&, const RecordLocation&) = default;
};

/// What the index knows of an entry.
struct IndexedEntry {
  std::uint64_t fingerprint = 0;  ///< `CacheKey::hash` of its key.
  RecordLocation location;
  WallTime resident_until;  ///< When the store drops it; in whole seconds, never too early.
  WallTime last_read;       ///< In whole seconds.
  /// Since its record was written; no more than `kMaxReads` are told apart.
  std::uint16_t reads = 0;
  bool is_verified = false;  ///< Its record was read and found good, and its pages have not left.

  static constexpr std::uint16_t kMaxReads = 0x7FFF;
};

/// A table from keys to records that can also forget a whole segment, in 44 bytes an entry.
///
/// Of a key it keeps eight bytes, its *fingerprint*; the whole key is in the record and compared by
/// whoever reads that. Two keys of one fingerprint take each other's place, so that the older is
/// forgotten: keys are SHA-256 digests, so that happens by chance once in 2^64 pairs, and on
/// purpose only to whoever makes both keys.
///
/// The table is a linear hash (Litwin 1980: it grows by one bucket with each entry, so that no
/// insert stops to move all others), chained through the entries' slots. Slots of a segment are
/// chained too. Sans-I/O. Thread safety: none; the store guards it.
/// Invariants: a live slot is in one bucket's chain and in its segment's chain; others are in the
/// free list.
class DiskIndex {
public:
  static constexpr std::size_t kMaxSegments = 0xFFFF;  ///< At a time.

  DiskIndex();

  /// Makes room for as many entries, so that inserting them rearranges nothing.
  /// @pre the index is empty
  void reserve(std::size_t entries);

  /// Begins to load what `insert` looks at first for this fingerprint.
  void prefetch(std::uint64_t fingerprint) const {
    __builtin_prefetch(&bucket(bucket_of(fingerprint)), 1);
  }

  [[nodiscard]] std::optional<IndexedEntry> find(const CacheKey& key) const;

  /// Notes a read and returns the entry as it was before that.
  std::optional<IndexedEntry> note_read(const CacheKey& key, WallTime now);

  /// Whether the record at `location` is known to be good; ignored if the key is elsewhere by now.
  void set_verified(std::uint64_t fingerprint, const RecordLocation& location, bool is_verified);

  /// Puts the entry in the place of any other with its fingerprint, which is returned.
  /// @pre there are fewer than `kMaxSegments` segments, or the entry's is one of them.
  std::optional<IndexedEntry> insert(const IndexedEntry& entry);

  /// The entry moves to another record, with its reads counted anew. False if it is not at `from`
  /// any more.
  bool relocate(std::uint64_t fingerprint, const RecordLocation& from, const RecordLocation& to);

  /// Returns what was there.
  std::optional<IndexedEntry> erase(const CacheKey& key);
  /// The same, but only if the key is still at `location`.
  bool erase_at(std::uint64_t fingerprint, const RecordLocation& location);

  /// Forgets up to `limit` entries of a segment. What was forgotten, by whether it was over at
  /// `now`.
  struct Dropped {
    std::size_t expired = 0;
    std::size_t live = 0;
  };
  Dropped drop_from(std::uint32_t segment, WallTime now, std::size_t limit);
  /// Forgets everything and returns how many entries that were.
  std::size_t clear();

  /// Looks at up to `limit` slots, going on where the last call ended, and forgets the entries that
  /// are over at `now`. Returns how many.
  std::size_t expire(WallTime now, std::size_t limit);

  [[nodiscard]] std::size_t size() const { return size_; }
  /// Entries whose record lies in `segment`.
  [[nodiscard]] std::size_t live_in(std::uint32_t segment) const;
  /// Up to `limit` of the entries whose record lies in `segment`, in no order.
  [[nodiscard]] std::vector<IndexedEntry> entries_in(std::uint32_t segment,
                                                     std::size_t limit) const;
  /// Slots, in use or not: the bound of `entries_from`.
  [[nodiscard]] std::size_t slot_count() const { return slot_count_; }
  /// The entries in slots `[first, first + count)`, in no order of their own.
  [[nodiscard]] std::vector<IndexedEntry> entries_from(std::size_t first, std::size_t count) const;

  /// Bytes of memory that the table takes.
  [[nodiscard]] std::size_t memory_bytes() const;

private:
  using Number = std::uint32_t;
  static constexpr Number kNone = 0xFFFF'FFFF;

  struct Slot {
    std::uint64_t fingerprint = 0;
    std::uint32_t offset = 0;
    std::uint32_t payload_size = 0;
    std::uint32_t resident_until = 0;  // seconds since 1970, as below; enough until 2106
    std::uint32_t last_read = 0;
    Number next_in_bucket = kNone;
    Number previous_in_segment = kNone;
    Number next_in_segment = kNone;  // of a free slot: the next free one
    std::uint16_t segment = 0;       // in segments_
    std::uint16_t reads_and_verified = 0;
  };
  static_assert(sizeof(Slot) == 40);

  static constexpr std::uint16_t kFreeSegment = 0xFFFF;  // marks a free slot
  static constexpr std::uint16_t kVerifiedBit = 0x8000;

  struct Segment {
    std::uint32_t id = 0;
    Number first = kNone;
    std::uint32_t live = 0;
  };

  // In pieces, so that growing neither copies nor needs twice the room for a moment.
  static constexpr std::size_t kSlotsInChunk = 1024;
  static constexpr std::size_t kBucketsInChunk = 1024;

  [[nodiscard]] Slot& slot(Number number) const {
    return slots_[number / kSlotsInChunk][number % kSlotsInChunk];
  }
  [[nodiscard]] Number& bucket(std::size_t number) const {
    return buckets_[number / kBucketsInChunk][number % kBucketsInChunk];
  }
  [[nodiscard]] std::size_t bucket_of(std::uint64_t fingerprint) const;
  [[nodiscard]] Number number_of(std::uint64_t fingerprint) const;
  [[nodiscard]] IndexedEntry entry_in(const Slot& slot) const;
  [[nodiscard]] bool is_at(const Slot& slot, const RecordLocation& location) const;

  Number take_slot();
  void split_bucket();
  void add_bucket();
  std::uint16_t segment_number(std::uint32_t id);
  void join_segment(Number number, std::uint32_t id);
  void leave_segment(Number number);
  void leave_bucket(Number number);
  void forget(Number number);

  std::vector<std::unique_ptr<Slot[]>> slots_;
  std::size_t slot_count_ = 0;  // ever taken; those behind were never used
  Number free_ = kNone;
  std::size_t size_ = 0;

  std::vector<std::unique_ptr<Number[]>> buckets_;
  std::size_t bucket_count_ = 0;

  std::vector<Segment> segments_;
  std::vector<std::uint16_t> free_segments_;
  std::unordered_map<std::uint32_t, std::uint16_t> segment_numbers_;  // by id

  std::size_t cursor_ = 0;  // where `expire` goes on
};

}  // namespace refrain
