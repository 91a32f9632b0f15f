#include "refrain/memory/timing_wheel.h"

#include <algorithm>
#include <bit>

namespace refrain {

std::uint64_t TimingWheel::tick_of(std::int64_t milliseconds) {
  return milliseconds < 0 ? 0 : static_cast<std::uint64_t>(milliseconds) >> kTickBits;
}

bool TimingWheel::is_empty() const {
  return std::all_of(
      occupied_.begin(), occupied_.end(), [](std::uint64_t bits) { return bits == 0; });
}

unsigned TimingWheel::present_slot(unsigned level) const {
  return static_cast<unsigned>(tick_ >> (kSlotBits * level)) % kSlots;
}

void TimingWheel::insert(Resident& entry, WallTime now) {
  // An empty wheel need not turn to where the time is.
  if (is_empty()) tick_ = tick_of(now.time_since_epoch().count());
  place(entry);
}

void TimingWheel::place(Resident& entry) {
  // What is over already is found in the present slot.
  const std::uint64_t tick = std::max(tick_of(entry.until.load(std::memory_order_relaxed)), tick_);
  unsigned level = 0;
  std::uint64_t distance = tick - tick_;
  while (distance >= kSlots && level + 1 < kLevels) {
    ++level;
    distance = (tick >> (kSlotBits * level)) - (tick_ >> (kSlotBits * level));
  }
  // Beyond the last level's end it waits there, to be placed again.
  const auto ahead = static_cast<unsigned>(std::min<std::uint64_t>(distance, kSlots - 1));
  const unsigned slot = (present_slot(level) + ahead) % kSlots;
  entry.wheel_slot = static_cast<std::uint16_t>(level * kSlots + slot);
  slots_[entry.wheel_slot].push_back(entry);
  occupied_[level] |= std::uint64_t{1} << slot;
}

void TimingWheel::erase(Resident& entry) {
  if (first_kept_ == &entry) first_kept_ = nullptr;
  Slot& slot = slots_[entry.wheel_slot];
  slot.erase(Slot::s_iterator_to(entry));
  if (slot.empty())
    occupied_[entry.wheel_slot / kSlots] &= ~(std::uint64_t{1} << entry.wheel_slot % kSlots);
}

unsigned TimingWheel::level_to_cascade() const {
  for (unsigned level = kLevels - 1; level > 0; --level)
    if ((occupied_[level] >> present_slot(level) & 1U) != 0) return level;
  return 0;
}

std::uint64_t TimingWheel::next_tick(std::uint64_t end) const {
  std::uint64_t next = end;
  for (unsigned level = 0; level < kLevels; ++level) {
    const unsigned shift = kSlotBits * level;
    // The slots ahead, nearest first; the present one, which is empty, comes last.
    const std::uint64_t ahead =
        std::rotr(occupied_[level], static_cast<int>(present_slot(level) + 1));
    if (ahead == 0) continue;
    const auto distance = static_cast<std::uint64_t>(std::countr_zero(ahead)) + 1;
    next = std::min(next, ((tick_ >> shift) + distance) << shift);
  }
  return next;
}

bool TimingWheel::go_on(std::uint64_t now, std::vector<Resident*>& expired) {
  if (const unsigned level = level_to_cascade()) {
    Resident& entry = slots_[level * kSlots + present_slot(level)].front();
    erase(entry);
    place(entry);
    return true;
  }
  if (tick_ >= now) return false;
  if (Slot& slot = slots_[present_slot(0)]; !slot.empty()) {
    Resident& entry = slot.front();
    erase(entry);
    expired.push_back(&entry);
  } else {
    tick_ = next_tick(now);
  }
  return true;
}

TimingWheel::Step TimingWheel::sift(WallTime now,
                                    std::size_t most,
                                    std::vector<Resident*>& expired) {
  if (now != sifted_at_) first_kept_ = nullptr;
  sifted_at_ = now;
  Step step;
  Slot& slot = slots_[present_slot(0)];
  while (!slot.empty() && &slot.front() != first_kept_) {
    if (step.looked_at == most) return step;
    ++step.looked_at;
    Resident& entry = slot.front();
    if (entry.until.load(std::memory_order_relaxed) <= now.time_since_epoch().count()) {
      erase(entry);
      expired.push_back(&entry);
      continue;
    }
    // To the end: the next call goes on with those that nobody has looked at.
    slot.splice(slot.end(), slot, slot.begin());
    if (first_kept_ == nullptr) first_kept_ = &entry;
  }
  step.is_done = true;
  return step;
}

TimingWheel::Step TimingWheel::advance(WallTime now,
                                       std::size_t most,
                                       std::vector<Resident*>& expired) {
  Step step;
  while (step.looked_at < most && go_on(tick_of(now.time_since_epoch().count()), expired))
    ++step.looked_at;
  if (step.looked_at == most) return step;
  const Step sifted = sift(now, most - step.looked_at, expired);
  step.looked_at += sifted.looked_at;
  step.is_done = sifted.is_done;
  return step;
}

void TimingWheel::clear() {
  for (Slot& slot : slots_)
    slot.clear();
  occupied_.fill(0);
  first_kept_ = nullptr;
}

std::size_t TimingWheel::count() const {
  std::size_t sum = 0;
  for (const Slot& slot : slots_)
    sum += slot.size();
  return sum;
}

}  // namespace refrain
