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
  std::vector<Resident*> all;
  all.reserve(heap_.size());
  heap_.drain([&all](Resident& entry, std::uint64_t) { all.push_back(&entry); });
  const auto used_before = [](const Resident* a, const Resident* b) {
    return a->last_use.load(std::memory_order_relaxed) <
           b->last_use.load(std::memory_order_relaxed);
  };
  std::sort(all.begin(), all.end(), used_before);
  for (Resident* entry : all)
    take(*entry);
}

}  // namespace refrain
