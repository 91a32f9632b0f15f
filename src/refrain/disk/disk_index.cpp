#include "refrain/disk/disk_index.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <chrono>
#include <limits>
#include <utility>

namespace refrain {
namespace {

using std::chrono::ceil;
using std::chrono::floor;
using std::chrono::seconds;

std::uint32_t bounded(seconds::rep time) {
  return static_cast<std::uint32_t>(
      std::clamp<seconds::rep>(time, 0, std::numeric_limits<std::uint32_t>::max()));
}

std::uint32_t whole_seconds_up(WallTime time) {
  return bounded(ceil<seconds>(time.time_since_epoch()).count());
}

std::uint32_t whole_seconds_down(WallTime time) {
  return bounded(floor<seconds>(time.time_since_epoch()).count());
}

}  // namespace

DiskIndex::DiskIndex() {
  add_bucket();
}

void DiskIndex::reserve(std::size_t entries) {
  assert(size_ == 0);
  while (bucket_count_ < entries)
    add_bucket();
}

std::size_t DiskIndex::bucket_of(std::uint64_t fingerprint) const {
  // Buckets up to the last power of two are addressed by one bit less than those already split.
  const std::size_t wide = std::bit_ceil(bucket_count_) - 1;
  const auto number = static_cast<std::size_t>(fingerprint) & wide;
  return number < bucket_count_ ? number : number & (wide >> 1U);
}

DiskIndex::Number DiskIndex::number_of(std::uint64_t fingerprint) const {
  Number number = bucket(bucket_of(fingerprint));
  while (number != kNone && slot(number).fingerprint != fingerprint)
    number = slot(number).next_in_bucket;
  return number;
}

IndexedEntry DiskIndex::entry_in(const Slot& slot) const {
  IndexedEntry entry;
  entry.fingerprint = slot.fingerprint;
  entry.location.segment = segments_[slot.segment].id;
  entry.location.offset = slot.offset;
  entry.location.payload_size = slot.payload_size;
  entry.resident_until = WallTime(seconds(slot.resident_until));
  entry.last_read = WallTime(seconds(slot.last_read));
  entry.reads = slot.reads_and_verified & IndexedEntry::kMaxReads;
  entry.is_verified = (slot.reads_and_verified & kVerifiedBit) != 0;
  return entry;
}

bool DiskIndex::is_at(const Slot& slot, const RecordLocation& location) const {
  return slot.offset == location.offset && slot.payload_size == location.payload_size &&
         segments_[slot.segment].id == location.segment;
}

std::optional<IndexedEntry> DiskIndex::find(const CacheKey& key) const {
  const Number number = number_of(key.hash());
  if (number == kNone) return std::nullopt;
  return entry_in(slot(number));
}

std::optional<IndexedEntry> DiskIndex::note_read(const CacheKey& key, WallTime now) {
  const Number number = number_of(key.hash());
  if (number == kNone) return std::nullopt;
  Slot& found = slot(number);
  const IndexedEntry before = entry_in(found);
  if (before.reads < IndexedEntry::kMaxReads) ++found.reads_and_verified;
  found.last_read = whole_seconds_down(now);
  return before;
}

void DiskIndex::set_verified(std::uint64_t fingerprint,
                             const RecordLocation& location,
                             bool is_verified) {
  const Number number = number_of(fingerprint);
  if (number == kNone || !is_at(slot(number), location)) return;
  std::uint16_t& bits = slot(number).reads_and_verified;
  bits = static_cast<std::uint16_t>(is_verified ? bits | kVerifiedBit
                                                : bits & IndexedEntry::kMaxReads);
}

std::optional<IndexedEntry> DiskIndex::insert(const IndexedEntry& entry) {
  std::optional<IndexedEntry> before;
  Number number = number_of(entry.fingerprint);
  if (number != kNone) {
    before = entry_in(slot(number));
    leave_segment(number);
  } else {
    number = take_slot();
    slot(number).fingerprint = entry.fingerprint;
    Number& head = bucket(bucket_of(entry.fingerprint));
    slot(number).next_in_bucket = std::exchange(head, number);
    ++size_;
  }
  Slot& here = slot(number);
  here.offset = entry.location.offset;
  here.payload_size = entry.location.payload_size;
  here.resident_until = whole_seconds_up(entry.resident_until);
  here.last_read = whole_seconds_down(entry.last_read);
  here.reads_and_verified = static_cast<std::uint16_t>(
      std::min(entry.reads, IndexedEntry::kMaxReads) | (entry.is_verified ? kVerifiedBit : 0U));
  join_segment(number, entry.location.segment);
  if (size_ > bucket_count_) split_bucket();
  return before;
}

bool DiskIndex::relocate(std::uint64_t fingerprint,
                         const RecordLocation& from,
                         const RecordLocation& to) {
  const Number number = number_of(fingerprint);
  if (number == kNone || !is_at(slot(number), from)) return false;
  leave_segment(number);
  slot(number).offset = to.offset;
  slot(number).payload_size = to.payload_size;
  slot(number).reads_and_verified = 0;
  join_segment(number, to.segment);
  return true;
}

std::optional<IndexedEntry> DiskIndex::erase(const CacheKey& key) {
  const Number number = number_of(key.hash());
  if (number == kNone) return std::nullopt;
  const IndexedEntry before = entry_in(slot(number));
  forget(number);
  return before;
}

bool DiskIndex::erase_at(std::uint64_t fingerprint, const RecordLocation& location) {
  const Number number = number_of(fingerprint);
  if (number == kNone || !is_at(slot(number), location)) return false;
  forget(number);
  return true;
}

DiskIndex::Dropped DiskIndex::drop_from(std::uint32_t segment, WallTime now, std::size_t limit) {
  Dropped dropped;
  for (; limit > 0; --limit) {
    const auto found = segment_numbers_.find(segment);
    if (found == segment_numbers_.end()) break;
    const Number number = segments_[found->second].first;
    const bool is_over = WallTime(seconds(slot(number).resident_until)) <= now;
    ++(is_over ? dropped.expired : dropped.live);
    forget(number);
  }
  return dropped;
}

std::size_t DiskIndex::clear() {
  const std::size_t dropped = size_;
  *this = DiskIndex();
  return dropped;
}

std::size_t DiskIndex::expire(WallTime now, std::size_t limit) {
  const std::uint32_t over = whole_seconds_down(now);
  std::size_t expired = 0;
  for (limit = std::min(limit, slot_count_); limit > 0; --limit) {
    if (cursor_ >= slot_count_) cursor_ = 0;
    const auto number = static_cast<Number>(cursor_++);
    if (slot(number).segment == kFreeSegment || slot(number).resident_until > over) continue;
    forget(number);
    ++expired;
  }
  return expired;
}

std::size_t DiskIndex::live_in(std::uint32_t segment) const {
  const auto found = segment_numbers_.find(segment);
  return found == segment_numbers_.end() ? 0 : segments_[found->second].live;
}

std::vector<IndexedEntry> DiskIndex::entries_in(std::uint32_t segment, std::size_t limit) const {
  std::vector<IndexedEntry> found;
  const auto place = segment_numbers_.find(segment);
  if (place == segment_numbers_.end()) return found;
  found.reserve(std::min<std::size_t>(limit, segments_[place->second].live));
  for (Number number = segments_[place->second].first; number != kNone && found.size() < limit;
       number = slot(number).next_in_segment) {
    found.push_back(entry_in(slot(number)));
  }
  return found;
}

std::vector<IndexedEntry> DiskIndex::entries_from(std::size_t first, std::size_t count) const {
  std::vector<IndexedEntry> found;
  const std::size_t end = std::min(slot_count_, first + count);
  for (std::size_t number = first; number < end; ++number) {
    const Slot& here = slot(static_cast<Number>(number));
    if (here.segment != kFreeSegment) found.push_back(entry_in(here));
  }
  return found;
}

std::size_t DiskIndex::memory_bytes() const {
  return slots_.size() * kSlotsInChunk * sizeof(Slot) +
         buckets_.size() * kBucketsInChunk * sizeof(Number) +
         slots_.capacity() * sizeof(slots_.front()) +
         buckets_.capacity() * sizeof(buckets_.front()) + segments_.capacity() * sizeof(Segment);
}

DiskIndex::Number DiskIndex::take_slot() {
  if (free_ != kNone) {
    const Number number = free_;
    free_ = slot(number).next_in_segment;
    return number;
  }
  if (slot_count_ % kSlotsInChunk == 0) slots_.push_back(std::make_unique<Slot[]>(kSlotsInChunk));
  return static_cast<Number>(slot_count_++);
}

void DiskIndex::add_bucket() {
  if (bucket_count_ % kBucketsInChunk == 0)
    buckets_.push_back(std::make_unique_for_overwrite<Number[]>(kBucketsInChunk));
  bucket(bucket_count_++) = kNone;
}

void DiskIndex::split_bucket() {
  add_bucket();
  // What the new bucket shares all but its highest bit with is where its entries were until now.
  const std::size_t made = bucket_count_ - 1;
  Number number = std::exchange(bucket(made - std::bit_floor(made)), kNone);
  while (number != kNone) {
    const Number next = slot(number).next_in_bucket;
    Number& head = bucket(bucket_of(slot(number).fingerprint));
    slot(number).next_in_bucket = std::exchange(head, number);
    number = next;
  }
}

std::uint16_t DiskIndex::segment_number(std::uint32_t id) {
  const auto found = segment_numbers_.find(id);
  if (found != segment_numbers_.end()) return found->second;
  std::uint16_t number = 0;
  if (free_segments_.empty()) {
    assert(segments_.size() < kMaxSegments);
    number = static_cast<std::uint16_t>(segments_.size());
    segments_.emplace_back();
  } else {
    number = free_segments_.back();
    free_segments_.pop_back();
  }
  segments_[number] = Segment{id, kNone, 0};
  segment_numbers_.emplace(id, number);
  return number;
}

void DiskIndex::join_segment(Number number, std::uint32_t id) {
  Slot& here = slot(number);
  here.segment = segment_number(id);
  Segment& segment = segments_[here.segment];
  here.previous_in_segment = kNone;
  here.next_in_segment = segment.first;
  if (segment.first != kNone) slot(segment.first).previous_in_segment = number;
  segment.first = number;
  ++segment.live;
}

void DiskIndex::leave_segment(Number number) {
  const Slot& here = slot(number);
  Segment& segment = segments_[here.segment];
  if (here.next_in_segment != kNone)
    slot(here.next_in_segment).previous_in_segment = here.previous_in_segment;
  if (here.previous_in_segment != kNone) {
    slot(here.previous_in_segment).next_in_segment = here.next_in_segment;
  } else {
    segment.first = here.next_in_segment;
  }
  if (--segment.live > 0) return;
  segment_numbers_.erase(segment.id);
  free_segments_.push_back(here.segment);
}

void DiskIndex::leave_bucket(Number number) {
  Number* link = &bucket(bucket_of(slot(number).fingerprint));
  while (*link != number)
    link = &slot(*link).next_in_bucket;
  *link = slot(number).next_in_bucket;
}

void DiskIndex::forget(Number number) {
  leave_bucket(number);
  leave_segment(number);
  slot(number).segment = kFreeSegment;
  slot(number).next_in_segment = std::exchange(free_, number);
  --size_;
}

}  // namespace refrain
