#pragma once

/// @file
/// Which entries are over, without looking at those that are not.

#include "refrain/cache/resident.h"
#include "refrain/core/clock.h"

#include <boost/intrusive/list.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace refrain {

/// A hierarchical timing wheel (Varghese and Lauck, "Hashed and hierarchical timing wheels", 1987)
/// of entries by their `until`: four levels of 64 slots, of about a second, a minute, an hour and
/// three days. An entry moves down a level at most three times in its life, and again every half
/// year if it lives longer.
///
/// Thread safety: none; the owner's lock guards every call. Ownership: entries are the owner's.
class TimingWheel {
public:
  TimingWheel() = default;
  TimingWheel(const TimingWheel&) = delete;
  TimingWheel& operator=(const TimingWheel&) = delete;

  /// Adds an entry whose `until` is set.
  void insert(Resident& entry, WallTime now);
  void erase(Resident& entry);

  /// What a step of `advance` did.
  struct Step {
    std::size_t looked_at = 0;  ///< Entries, and slots that were passed.
    bool is_done = false;       ///< Nothing that is over by now is left.
  };

  /// Goes on towards `now`, and takes out what is over by then: it is appended to `expired`. Looks
  /// at no more than `most` entries; the next call goes on from there.
  Step advance(WallTime now, std::size_t most, std::vector<Resident*>& expired);

  /// Forgets all entries.
  void clear();

  /// How many entries are in it, counted one by one.
  [[nodiscard]] std::size_t count() const;

private:
  using Slot = boost::intrusive::list<
      Resident,
      boost::intrusive::member_hook<Resident, Resident::Hook, &Resident::wheel_hook>,
      boost::intrusive::constant_time_size<false>>;

  static constexpr unsigned kLevels = 4;
  static constexpr unsigned kSlotBits = 6;
  static constexpr unsigned kSlots = 1U << kSlotBits;
  static constexpr unsigned kTickBits = 10;  // a tick is 1.024 s

  /// The tick in which a time lies. Times before 1970 are in the first.
  [[nodiscard]] static std::uint64_t tick_of(std::int64_t milliseconds);
  [[nodiscard]] bool is_empty() const;
  /// The slot of this level that `tick_` is in.
  [[nodiscard]] unsigned present_slot(unsigned level) const;
  void place(Resident& entry);

  /// The next tick after `tick_`, at most `end`, at which there is something to do.
  [[nodiscard]] std::uint64_t next_tick(std::uint64_t end) const;
  /// The level whose present slot has entries that belong further down by now, or 0 if there is
  /// none.
  [[nodiscard]] unsigned level_to_cascade() const;
  /// Moves or takes out one entry, or passes to the next tick. False if `now` is reached.
  bool go_on(std::uint64_t now, std::vector<Resident*>& expired);
  /// Takes out what is over of the present second. Done when it has come round.
  Step sift(WallTime now, std::size_t most, std::vector<Resident*>& expired);

  std::array<Slot, std::size_t{kLevels} * kSlots> slots_;
  std::array<std::uint64_t, kLevels> occupied_{};  // a bit for each slot
  std::uint64_t tick_ = 0;                         // how far it has come
  // Where the round through the present second began: the first entry that was looked at and is not
  // over, or null; and at which time.
  const Resident* first_kept_ = nullptr;
  WallTime sifted_at_;
};

}  // namespace refrain
