#pragma once

/// @file
/// A priority queue whose priorities may rise behind its back.

#include "refrain/cache/resident.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace refrain {

/// Entries by priority, the lowest first, as a heap of four children a node.
///
/// Every priority in it is a lower bound: a use raises an entry's true priority, and nobody tells
/// the heap. The owner compares the two for the entry at the top only, and raises it there. When
/// the top's bound is true, no other entry's true priority is lower: the order is exact, though
/// uses cost nothing.
template <class Priority>
class LazyHeap {
public:
  [[nodiscard]] bool empty() const { return items_.empty(); }
  [[nodiscard]] std::size_t size() const { return items_.size(); }

  /// @pre Not empty.
  [[nodiscard]] Resident& top() const { return *items_.front().entry; }
  [[nodiscard]] Priority top_priority() const { return items_.front().priority; }

  void push(Resident& entry, Priority priority) {
    items_.push_back({priority, &entry});
    sift_up(items_.size() - 1);
  }

  /// Raises the priority of the top, which need not stay the top.
  void raise_top(Priority priority) {
    items_.front().priority = priority;
    sift_down(0);
  }

  void erase(Resident& entry) {
    const std::size_t hole = entry.position;
    const Item last = items_.back();
    items_.pop_back();
    give_back();
    if (hole == items_.size()) return;
    place(hole, last);
    sift_down(hole);
    sift_up(hole);
  }

  /// In the heap's own order, which is no order but for the first.
  template <class Take>
  void drain(const Take& take) {
    for (const Item& item : items_)
      take(*item.entry, item.priority);
    std::vector<Item>().swap(items_);
  }

private:
  static constexpr std::size_t kChildren = 4;
  static constexpr std::size_t kLeastShrunk = 64;  // a smaller one is not worth the work

  struct Item {
    Priority priority;
    Resident* entry;
  };

  /// Keeps at most four times the memory that is needed, at a constant cost per entry.
  void give_back() {
    if (items_.capacity() < kLeastShrunk || items_.size() > items_.capacity() / 4) return;
    std::vector<Item> fitting;
    fitting.reserve(items_.size() * 2);
    fitting.assign(items_.begin(), items_.end());
    items_.swap(fitting);
  }

  void place(std::size_t index, const Item& item) {
    items_[index] = item;
    item.entry->position = static_cast<std::uint32_t>(index);
  }

  void sift_up(std::size_t index) {
    const Item item = items_[index];
    while (index > 0) {
      const std::size_t parent = (index - 1) / kChildren;
      if (!(item.priority < items_[parent].priority)) break;
      place(index, items_[parent]);
      index = parent;
    }
    place(index, item);
  }

  void sift_down(std::size_t index) {
    const Item item = items_[index];
    for (;;) {
      const std::size_t first = index * kChildren + 1;
      if (first >= items_.size()) break;
      const std::size_t end = first + kChildren < items_.size() ? first + kChildren : items_.size();
      std::size_t lowest = first;
      for (std::size_t child = first + 1; child < end; ++child)
        if (items_[child].priority < items_[lowest].priority) lowest = child;
      if (!(items_[lowest].priority < item.priority)) break;
      place(index, items_[lowest]);
      index = lowest;
    }
    place(index, item);
  }

  std::vector<Item> items_;
};

}  // namespace refrain
