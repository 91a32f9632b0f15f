#include "refrain/memory/policy/lru_policy.h"

#include <algorithm>
#include <vector>

namespace refrain {

void LruPolicy::insert(Resident& entry) {
  heap_.push(entry, entry.last_use.load(std::memory_order_relaxed));
}

Resident& LruPolicy::evict() {
  for (;;) {
    Resident& entry = heap_.top();
    const std::uint64_t last_use = entry.last_use.load(std::memory_order_relaxed);
    if (last_use == heap_.top_priority()) {
      heap_.erase(entry);
      return entry;
    }
    heap_.raise_top(last_use);
  }
}

void LruPolicy::release(const std::function<void(Resident&)>& take) {
  struct Item {
    std::uint64_t last_use;
    Resident* entry;
  };
  std::vector<Item> all;
  all.reserve(heap_.size());
  // Read once: hits may note uses meanwhile, and what is being sorted must not change.
  heap_.drain([&all](Resident& entry, std::uint64_t) {
    all.push_back({entry.last_use.load(std::memory_order_relaxed), &entry});
  });
  std::sort(
      all.begin(), all.end(), [](const Item& a, const Item& b) { return a.last_use < b.last_use; });
  for (const Item& item : all)
    take(*item.entry);
}

}  // namespace refrain
