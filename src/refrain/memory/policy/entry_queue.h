#pragma once

/// @file
/// A queue of entries and what it weighs.

#include "refrain/cache/resident.h"
#include "refrain/memory/policy/cache_limits.h"

#include <boost/intrusive/list.hpp>

#include <cstdint>

namespace refrain {

/// Entries in order, the newest in front, with their number and bytes. Holds no memory of its own.
class EntryQueue {
public:
  /// `number` is written into the entries that are in it, so that `Resident::queue` tells which.
  explicit EntryQueue(std::uint8_t number) : number_(number) {}

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] const CacheLimits& load() const { return load_; }
  [[nodiscard]] Resident& oldest() { return entries_.back(); }

  void push(Resident& entry) {
    entries_.push_front(entry);
    entry.queue = number_;
    load_.add(entry.charge);
  }
  void erase(Resident& entry) {
    entries_.erase(List::s_iterator_to(entry));
    load_.subtract(entry.charge);
  }
  /// Makes the oldest the newest.
  void recycle_oldest() { entries_.splice(entries_.begin(), entries_, --entries_.end()); }

  template <class Take>
  void drain(const Take& take) {
    while (!empty()) {
      Resident& entry = oldest();
      erase(entry);
      take(entry);
    }
  }

private:
  using List = boost::intrusive::list<
      Resident,
      boost::intrusive::member_hook<Resident, Resident::Hook, &Resident::queue_hook>,
      boost::intrusive::constant_time_size<false>>;

  List entries_;
  CacheLimits load_;
  std::uint8_t number_;
};

}  // namespace refrain
